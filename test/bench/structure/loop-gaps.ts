import { openSync, readSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/**
 * Watches how long the event loop is blocked at a time, by never letting it rest. Where the system tells (Linux), without
 * the time for which other processes had the processor.
 */
export class LoopGaps {
  readonly #waited = openWaited();
  #stopped = false;
  #at = this.#time();
  #longestMs = 0;

  constructor() {
    setImmediate(this.#turn);
  }

  /** Milliseconds that one turn took at most since the last call. */
  take(): number {
    const longestMs = this.#longestMs;
    this.#longestMs = 0;
    return longestMs;
  }

  stop(): void {
    this.#stopped = true;
  }

  #time(): number {
    return performance.now() - this.#waited();
  }

  readonly #turn = (): void => {
    const at = this.#time();
    this.#longestMs = Math.max(this.#longestMs, at - this.#at);
    this.#at = at;
    if (!this.#stopped) setImmediate(this.#turn);
  };
}

/** Milliseconds for which this thread was ready to run and did not. */
function openWaited(): () => number {
  const text = Buffer.alloc(128);
  try {
    const file = openSync('/proc/self/schedstat', 'r');
    return () => Number(text.toString('latin1', 0, readSync(file, text, 0, 128, 0)).split(' ')[1]) / 1e6;
  } catch {
    return () => 0;
  }
}
