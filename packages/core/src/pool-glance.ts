import type { HistogramMark } from './histogram.ts';
import type { PoolCounters, PoolCounts, PoolSnapshot } from './snapshot.ts';

/** The part of a {@link PoolSnapshot} that costs nearly nothing: no lease, waiter or stack is looked into for it. Frozen. */
export interface PoolGlance extends PoolCounts {
  readonly state: PoolSnapshot['state'];
  /** By the pool's clock, monotonic milliseconds. */
  readonly at: number;
  /** `Infinity` for no limit. */
  readonly acquireTimeoutMs: number;
  /** Open leases that are suspected of being leaked. */
  readonly suspected: number;
  readonly counters: PoolCounters;
  /** How long callers have waited up to now; see {@link percentileBetween}. */
  readonly waits: HistogramMark;
  /** `undefined` when the last attempt to connect was none that failed. */
  readonly lastConnectError: string | undefined;
}
