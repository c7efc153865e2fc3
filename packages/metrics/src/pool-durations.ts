import { watchLivePools } from '@lifeguard/core/adapter';
import type { MeasuredDuration } from '@lifeguard/core';
import { listPools } from './metrics-pool.ts';
import type { MetricsPool, MetricsPools } from './metrics-pool.ts';
import { labelPools } from './pool-labels.ts';

/** Told of durations of the pool that is shown under that name. */
type LabelledListener = (durations: readonly MeasuredDuration[], label: string, pool: MetricsPool) => void;

/** Listens to the durations of all pools, also of those that are made later. */
export class PoolDurations {
  readonly #pools: MetricsPools | undefined;
  readonly #listener: LabelledListener;
  readonly #unwatch: () => void;
  /** Weak: whoever drops a pool without closing it is rid of it. */
  readonly #heard = new WeakMap<MetricsPool, () => void>();
  #isStopped = false;

  constructor(pools: MetricsPools | undefined, listener: LabelledListener) {
    this.#pools = pools;
    this.#listener = listener;
    this.#unwatch = watchLivePools(() => this.refresh());
    this.refresh();
  }

  /** Looks for pools that are not known yet, where a function says which there are. */
  refresh(): void {
    for (const [pool, label] of labelPools(listPools(this.#pools))) {
      if (this.#heard.has(pool)) continue;
      const stop = pool.observeDurations?.((durations) => {
        if (!this.#isStopped) this.#listener(durations, label, pool);
      });
      this.#heard.set(pool, stop ?? (() => undefined));
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#unwatch();
    for (const pool of listPools(this.#pools)) this.#heard.get(pool)?.();
  }
}
