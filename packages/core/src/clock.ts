import type { LoopHealth } from './loop-health.ts';

/** A started timer. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/** How a timer relates to the life of the process. */
export interface TimerOptions {
  /**
   * Whether the process stays alive for this timer.
   * @default false — watching must never be the reason why a process does not exit.
   */
  readonly keepAlive?: boolean;
}

/**
 * Time, as a parameter. Nothing in the core reads a clock of its own, so that a simulator can replay any history.
 * All instants (`…At`) are milliseconds of {@link Clock.now}; only their differences mean anything.
 */
export interface Clock {
  /** Monotonic milliseconds, exact. Decisions about deadlines use this one. */
  now(): number;
  /**
   * Monotonic milliseconds as of the current turn of the event loop: about 30 times cheaper than {@link Clock.now}, and
   * behind it by no more than the code that has run since the turn began. Ages and statistics use this one.
   */
  coarseNow(): number;
  /** Milliseconds since the epoch. For people to read; never for a decision, since it may jump. */
  wallTime(): number;
  /** Calls back once, not before `delayMs` have passed, and outside the async context of the caller. */
  setTimer(delayMs: number, callback: () => void, options?: TimerOptions): Timer;
  /**
   * Calls back once the event loop has delivered the input that had already arrived. A timer that fires late (the loop
   * was blocked) runs before the answers that wait in the sockets; it must give them this turn before it judges.
   */
  afterPendingIo(callback: () => void): void;
  /**
   * Calls back once, when all that runs now, promise reactions included, has run, and before the event loop waits for
   * anything: for what has to be done once for many calls of the same turn.
   */
  atTurnEnd(callback: () => void): void;
  /** What is known of the times in which the event loop did not turn. */
  readonly loop: LoopHealth;
}
