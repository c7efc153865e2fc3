import type { Clock } from './clock.ts';
import type { LeaseOrigin } from './lease-record.ts';
import type { LeaseTracker } from './lease-tracker.ts';

/** One caller of a foreign pool that waits. */
export interface ForeignWait {
  readonly origin: LeaseOrigin;
  /** Coarse instant. */
  readonly since: number;
}

/** Who waits for a connection of a pool whose queue is not ours; as many as there are calls that it has not answered. */
export class ForeignWaits implements Iterable<ForeignWait> {
  readonly #clock: Clock;
  readonly #tracker: LeaseTracker;
  /** In the order in which they came. */
  readonly #waiting = new Set<ForeignWait>();

  constructor(clock: Clock, tracker: LeaseTracker) {
    this.#clock = clock;
    this.#tracker = tracker;
  }

  get length(): number {
    return this.#waiting.size;
  }

  get oldest(): ForeignWait | undefined {
    return this.#waiting.values().next().value;
  }

  begin(origin: LeaseOrigin = this.#tracker.origin()): ForeignWait {
    const wait = { origin, since: this.#clock.coarseNow() };
    this.#waiting.add(wait);
    this.#tracker.wait(this.#waiting.size);
    return wait;
  }

  /** Returns false when it was over before. */
  end(wait: ForeignWait): boolean {
    if (!this.#waiting.delete(wait)) return false;
    this.#tracker.wait(this.#waiting.size);
    return true;
  }

  /** Milliseconds up to now. */
  ageOf(wait: ForeignWait): number {
    return Math.max(0, this.#clock.coarseNow() - wait.since);
  }

  [Symbol.iterator](): Iterator<ForeignWait> {
    return this.#waiting.values();
  }
}
