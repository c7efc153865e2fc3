import type { Clock } from './clock.ts';
import { TimerWheel } from './timer-wheel.ts';
import type { WheelTimer } from './timer-wheel.ts';

/** One wheel a clock; it does not keep the process alive. */
const wheels = new WeakMap<Clock, TimerWheel>();

function wheelOf(clock: Clock): TimerWheel {
  let wheel = wheels.get(clock);
  if (wheel === undefined) wheels.set(clock, (wheel = new TimerWheel(clock)));
  return wheel;
}

/**
 * An absolute time limit: an instant, and a signal that aborts when it passes. Handing it on costs nothing and cannot
 * stretch it, which is why limits travel as deadlines and not as durations.
 */
export class Deadline implements Disposable {
  /** Instant of the clock; `Infinity` for none. */
  readonly at: number;
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  #timer: WheelTimer | undefined;

  /** `onPassed` runs when the instant has passed; it is the one to abort the signal, with the reason it knows. */
  constructor(clock: Clock, at: number, onPassed: () => void) {
    this.#clock = clock;
    this.at = at;
    if (at !== Infinity) this.#timer = wheelOf(clock).add(at, onPassed);
  }

  /** Aborts when the deadline has passed, or earlier when what it limits was ended for another reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds left; 0 once it has passed, `Infinity` without a limit. */
  get remainingMs(): number {
    return Math.max(0, this.at - this.#clock.now());
  }

  /** Ends it now, with `reason`. Does nothing when it is over already. */
  abort(reason: unknown): void {
    this[Symbol.dispose]();
    this.#controller.abort(reason);
  }

  /** The work is done: the instant will pass without effect. */
  [Symbol.dispose](): void {
    if (this.#timer !== undefined) wheelOf(this.#clock).remove(this.#timer);
    this.#timer = undefined;
  }
}
