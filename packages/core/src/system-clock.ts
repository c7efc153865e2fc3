import { performance } from 'node:perf_hooks';
import type { Clock, Timer, TimerOptions } from './clock.ts';
import { LoopHealth } from './loop-health.ts';
import { outsideAsyncContext } from './outside-async-context.ts';

/** The clock of the running process. */
export class SystemClock implements Clock {
  readonly loop: LoopHealth = new LoopHealth();
  #turnAt = 0;
  #turnIsCurrent = false;
  #atTurnEnd: (() => void)[] = [];
  readonly #endTurn = (): void => {
    this.#turnIsCurrent = false;
    // All that ran since is one turn: the loop does not wait for input while an immediate is due.
    this.loop.blocked(this.#turnAt, performance.now());
    const callbacks = this.#atTurnEnd;
    this.#atTurnEnd = [];
    for (const callback of callbacks) callback();
  };

  now(): number {
    return performance.now();
  }

  coarseNow(): number {
    return this.#turnIsCurrent ? this.#turnAt : this.#beginTurn();
  }

  /** Apart from {@link SystemClock.coarseNow}: V8 would allocate what the closure needs each time, and it is called very often. */
  #beginTurn(): number {
    this.#turnIsCurrent = true;
    this.#turnAt = performance.now();
    this.loop.observe(Date.now(), this.#turnAt);
    // Must hold the loop (no unref): else the poll phase may sleep for seconds and hand its callbacks the old time.
    outsideAsyncContext(() => setImmediate(this.#endTurn));
    return this.#turnAt;
  }

  atTurnEnd(callback: () => void): void {
    this.#atTurnEnd.push(callback);
    // It sees to the end of the turn.
    this.coarseNow();
  }

  wallTime(): number {
    return Date.now();
  }

  setTimer(delayMs: number, callback: () => void, options?: TimerOptions): Timer {
    // Node turns delays past 2^31-1 into 1 ms; a timer that long may as well fire early, its owner looks again.
    const timeout = outsideAsyncContext(() =>
      setTimeout(callback, Math.min(Math.ceil(delayMs), 2_147_483_647)),
    );
    if (options?.keepAlive !== true) timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  }

  afterPendingIo(callback: () => void): void {
    // One turn is not enough: an immediate queued from the timers phase runs after one poll that may hold half an answer.
    outsideAsyncContext(() => setImmediate(() => setImmediate(callback)));
  }
}

/** The one system clock that pools, trackers and sessions share unless they are given another. */
export const systemClock: Clock = new SystemClock();
