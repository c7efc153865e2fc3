/** A shorter pause is the life of a busy process. */
const BLOCKED_MS = 200;
/** After a longer one nothing is certain of the other ends of sockets. */
const FROZEN_MS = 5_000;

/** What the pauses of the event loop add up to, in milliseconds; a new object after each pause. */
export interface Pauses {
  /** Pauses from 200 ms to 5 s. */
  readonly blockedMs: number;
  /** Longer ones. */
  readonly frozenMs: number;
}

/**
 * How much of the time the event loop did not turn: a long computation, a paused container, a laptop that slept. Ages are
 * counted without it, since nobody could have given anything back meanwhile.
 *
 * It measures nothing itself. Its clock tells it of turns that took long and of the wall clock, and timers that fire late
 * tell it since when they were due.
 */
export class LoopHealth {
  #pauses: Pauses = Object.freeze({ blockedMs: 0, frozenMs: 0 });
  #countedUntil = -Infinity;
  #thaws = 0;
  #wallOffset: number | undefined;

  /** All pauses up to now. */
  get pauses(): Pauses {
    return this.#pauses;
  }

  /** How often the process is known to have stood still for 5 seconds or longer. */
  get thaws(): number {
    return this.#thaws;
  }

  /** Nothing ran between these two instants, but for one piece of code. Several may notice the same: it counts once. */
  blocked(fromAt: number, toAt: number): void {
    if (toAt - fromAt < BLOCKED_MS || toAt <= this.#countedUntil) return;
    const newMs = toAt - Math.max(fromAt, this.#countedUntil);
    this.#countedUntil = toAt;
    const isFrozen = newMs >= FROZEN_MS;
    const { blockedMs, frozenMs } = this.#pauses;
    this.#pauses = Object.freeze(
      isFrozen ? { blockedMs, frozenMs: frozenMs + newMs } : { blockedMs: blockedMs + newMs, frozenMs },
    );
    if (isFrozen) this.#thaws += 1;
  }

  /**
   * What both clocks show now. The monotonic one stands still while a machine is suspended, the other does not. A wall
   * clock that is set forward looks the same; then connections are pinged once for nothing.
   */
  observe(wallTime: number, now: number): void {
    const offset = wallTime - now;
    if (this.#wallOffset !== undefined && offset - this.#wallOffset >= FROZEN_MS) this.#thaws += 1;
    this.#wallOffset = offset;
  }
}

/**
 * An age without the pauses between its beginning and now. Of short ones no more than half of it is left out: they leave
 * turns in between, and a process that is always late must not look as if no time passed.
 */
export function ageWithoutPauses(ageMs: number, before: Pauses, now: Pauses): number {
  if (before === now) return Math.max(0, ageMs);
  const awakeMs = Math.max(0, ageMs - (now.frozenMs - before.frozenMs));
  return awakeMs - Math.min(now.blockedMs - before.blockedMs, awakeMs / 2);
}
