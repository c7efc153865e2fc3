import type { Clock } from './clock.ts';
import { outsideAsyncContext } from './outside-async-context.ts';
import type { TimerWheel } from './timer-wheel.ts';

/** Told how a bounded piece of work ended; one of the two is called, once. */
export interface BoundedOutcome<T> {
  readonly onDone: (value: T) => void;
  readonly onFailed: (error: unknown) => void;
}

/** A piece of work was given up. */
export class TimeLimitError extends Error {}

/** Runs what a connector does: bounded in time, and outside the async context of whoever set it off. */
export class BoundedRunner {
  readonly #clock: Clock;
  readonly #wheel: TimerWheel;

  constructor(clock: Clock, wheel: TimerWheel) {
    this.#clock = clock;
    this.#wheel = wheel;
  }

  /**
   * Starts `work` at once and reports its end, or its failure to end within `limitMs`. Returns the work itself, since
   * what it makes after its time must still be dealt with by somebody.
   */
  run<T>(what: string, limitMs: number, work: () => Promise<T>, outcome: BoundedOutcome<T>): Promise<T> {
    let over = false;
    const finish = (report: () => void): void => {
      if (over) return;
      over = true;
      if (timer !== undefined) this.#wheel.remove(timer);
      report();
    };
    const late = (): void => outcome.onFailed(new TimeLimitError(`${what} took longer than ${limitMs} ms`));
    const timer =
      limitMs === Infinity ? undefined : this.#wheel.add(this.#clock.now() + limitMs, () => finish(late));
    return outsideAsyncContext(() => {
      // Through an async function, so that work which throws at once is no different from work that rejects.
      const working = (async () => work())();
      working.then(
        (value) => finish(() => outcome.onDone(value)),
        (error: unknown) => finish(() => outcome.onFailed(error)),
      );
      return working;
    });
  }
}
