import { livePools } from '@lifeguard/core';
import { outsideAsyncContext } from '@lifeguard/core/adapter';
import { watchPoolClass } from '@lifeguard/pg/watch-pool';
import type { WatchPoolOptions } from '@lifeguard/pg/watch-pool';
import { chosenLogger, settings } from './chosen-settings.ts';
import type { AnyPoolClass } from './on-pool-class.ts';
import { poolName } from './pool-name.ts';
import { serveOnce } from './serve-once.ts';

/** Watches the pools of a class, each from its first use on, and serves them then. */
export function watchClass(PoolClass: AnyPoolClass): void {
  watchPoolClass(PoolClass, {
    optionsOf,
    onWatched: () => outsideAsyncContext(() => serveOnce(settings)),
    ...chosenLogger,
  });
}

function optionsOf(pool: object): WatchPoolOptions {
  const { leakThresholdMs, allow } = settings;
  return {
    name: poolName(pool, new Set(livePools().map(({ name }) => name))),
    allowReclaim: allow.includes('reclaim'),
    ...(leakThresholdMs !== undefined && { leakThresholdMs }),
    ...chosenLogger,
  };
}
