import type { PoolGlance } from '@lifeguard/core';

/** Looks that are kept, at most: of a longer past every second or third one will do. */
const MOST_KEPT = 60;

/** A glance, and when it was taken by the clock of the alerts. */
export interface Observation {
  readonly at: number;
  readonly glance: PoolGlance;
}

/** What happened in a pool between two of its observations. */
export interface Happenings {
  readonly earlier: PoolGlance;
  readonly later: PoolGlance;
  readonly lengthMs: number;
}

/** The recent observations of one pool, as long as nothing is missing between them. */
export class ObservationWindow {
  readonly #lengthMs: number;
  #kept: Observation[] = [];

  /** `lengthMs`: how far it reaches back. */
  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  /** The last one. There always is one when a rule looks. */
  get latest(): PoolGlance {
    return (this.#kept.at(-1) as Observation).glance;
  }

  /** How many are kept. */
  get size(): number {
    return this.#kept.length;
  }

  add(observation: Observation): void {
    const [last, beforeLast] = [this.#kept.at(-1), this.#kept.at(-2)];
    const isClose = last !== undefined && beforeLast !== undefined && this.#isClose(beforeLast, last);
    if (isClose) this.#kept.pop();
    this.#kept.push(observation);
    const horizon = observation.at - this.#lengthMs;
    // One from before the horizon stays: what happened since then is what happened in the window.
    const first = this.#kept.findLastIndex(({ at }) => at <= horizon);
    if (first > 0) this.#kept.splice(0, first);
  }

  /** Begins anew: of what comes next, nothing is compared with what was. */
  clear(): void {
    this.#kept = [];
  }

  /** What happened within the last `windowMs`, or since the first observation. */
  within(windowMs: number): Happenings {
    const later = this.#kept.at(-1) as Observation;
    const first = this.#kept[0] as Observation;
    const earlier = this.#kept.findLast(({ at }) => at <= later.at - windowMs) ?? first;
    return { earlier: earlier.glance, later: later.glance, lengthMs: later.at - earlier.at };
  }

  #isClose(one: Observation, other: Observation): boolean {
    return other.at - one.at < this.#lengthMs / MOST_KEPT;
  }
}
