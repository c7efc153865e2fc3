import type { PoolCounters } from '../snapshot.ts';

/** A sample at most this often. */
const SPACING_MS = 5_000;
/** Ten minutes of a pool that is in use all the time. */
const MAX_SAMPLES = 120;

/** What a pool looked like at one instant, and its running totals until then. */
export interface PoolSample {
  /** By the pool's clock, monotonic milliseconds. */
  readonly at: number;
  readonly used: number;
  /** The most connections that were leased at once since the sample before. */
  readonly peakUsed: number;
  readonly overflow: number;
  readonly pending: number;
  readonly oldestWaitMs: number;
  readonly counters: PoolCounters;
  /** Time for which leases that are over were held, all together, and how many leases that were. */
  readonly heldMs: number;
  readonly ended: number;
  /** Time that callers waited, all together, and how many acquires that were. */
  readonly waitedMs: number;
  readonly waits: number;
  /** Time in which the event loop was blocked. */
  readonly blockedMs: number;
}

/**
 * The recent past of a pool, in samples. They are taken along with the sweeps of the leak detector, so only while somebody
 * holds a connection: it costs no timer of its own, and an idle pool has no past worth looking at.
 */
export class PoolHistory {
  readonly #samples: PoolSample[] = [];

  /** The samples, oldest first, at least five seconds apart. */
  get samples(): readonly PoolSample[] {
    return this.#samples;
  }

  /** Takes a sample, unless the last one is too young. */
  note(now: number, take: () => PoolSample): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && now - last.at < SPACING_MS) return;
    if (this.#samples.length === MAX_SAMPLES) this.#samples.shift();
    this.#samples.push(take());
  }
}
