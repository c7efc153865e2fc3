import { livePools } from '@lifeguard/core';
import type { DurationListener, PoolSnapshot } from '@lifeguard/core';

/** A pool that can be measured: `LifeguardPool`, the core's `Pool`. */
export interface MetricsPool {
  readonly name: string;
  snapshot(): PoolSnapshot;
  /** Tells of each duration; without it OpenTelemetry gets no histograms of this pool. */
  observeDurations?(listener: DurationListener): () => void;
}

/** The pools to measure; a function is asked each time, so that it may know of pools that come and go. */
export type MetricsPools = Iterable<MetricsPool> | (() => Iterable<MetricsPool>);

/** More pools of one process than that are not shown: each has some hundred values. */
const MAX_POOLS = 100;

/** The pools there are now, each once. */
export function listPools(pools: MetricsPools = livePools): readonly MetricsPool[] {
  const found = new Set<MetricsPool>();
  for (const pool of typeof pools === 'function' ? pools() : pools) {
    if (found.size === MAX_POOLS) break;
    found.add(pool);
  }
  return [...found];
}
