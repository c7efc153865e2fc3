import process from 'node:process';
import { livePools, outsideAsyncContext } from '@lifeguard/core';
import type { Logger } from '@lifeguard/core';
import { watchPoolClass } from '@lifeguard/pg/watch-pool';
import type { WatchPoolOptions } from '@lifeguard/pg/watch-pool';
import type { AnyPoolClass } from './on-pool-class.ts';
import { poolName } from './pool-name.ts';
import { serveOnce } from './serve-once.ts';
import { readSettings } from './settings.ts';

const settings = readSettings(process.env);
const SILENT: Logger = { warn: () => undefined, error: () => undefined };

for (const problem of settings.isQuiet ? [] : settings.problems)
  process.emitWarning(`${problem}; it counts as not set`, {
    type: 'LifeguardWarning',
    code: 'LG_INVALID_OPTION',
  });

/** Watches the pools of a class, each from its first use on, and serves them then. */
export function watchClass(PoolClass: AnyPoolClass): void {
  watchPoolClass(PoolClass, {
    optionsOf,
    onWatched: () => outsideAsyncContext(() => serveOnce(settings)),
    ...(settings.isQuiet && { logger: SILENT }),
  });
}

function optionsOf(pool: object): WatchPoolOptions {
  const { leakThresholdMs, isQuiet, allow } = settings;
  return {
    name: poolName(pool, new Set(livePools().map(({ name }) => name))),
    allowReclaim: allow.includes('reclaim'),
    ...(leakThresholdMs !== undefined && { leakThresholdMs }),
    ...(isQuiet && { logger: SILENT }),
  };
}
