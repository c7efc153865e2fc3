import { livePools } from '@lifeguard/core';
import { outsideAsyncContext } from '@lifeguard/core/adapter';
import { watchSql } from '@lifeguard/postgres-js';
import type { WatchableSql } from '@lifeguard/postgres-js';
import { chosenLogger, settings } from './chosen-settings.ts';
import { poolName } from './pool-name.ts';
import { serveOnce } from './serve-once.ts';

/** Watches what `postgres()` has returned, from now on, and serves it. Throws where that cannot be watched. */
export function watchPostgres(sql: object): void {
  const { leakThresholdMs } = settings;
  watchSql(sql as WatchableSql, {
    name: poolName(sql, new Set(livePools().map(({ name }) => name))),
    ...(leakThresholdMs !== undefined && { leakThresholdMs }),
    ...chosenLogger,
  });
  outsideAsyncContext(() => serveOnce(settings));
}
