import { resolvePoolOptions } from '@lifeguard/core/adapter';
import type { WatchOptions } from '@lifeguard/core';
import type { ResolvedPoolOptions } from '@lifeguard/core/adapter';
import { maxOf } from './stock-sql.ts';
import type { StockSqlOptions } from './stock-sql.ts';

/**
 * The options of the watch, with those of the `sql` beside them, in our names. Throws `LG_INVALID_OPTION` for the former only.
 */
export function sqlOptions(sql: StockSqlOptions, options: WatchOptions): ResolvedPoolOptions {
  const size = Math.max(1, maxOf(sql));
  return resolvePoolOptions({
    ...options,
    size,
    maxOverflow: 0,
    minIdle: 0,
    connectTimeoutMs: millisecondsOf(sql.connect_timeout),
    idleTimeoutMs: millisecondsOf(sql.idle_timeout),
    // By default a function: each connection has another one.
    maxLifetimeMs: millisecondsOf(sql.max_lifetime),
    // What postgres.js does not do.
    acquireTimeoutMs: Infinity,
    maxUses: Infinity,
    maxWaiting: Number.MAX_SAFE_INTEGER,
    maxConnecting: size,
    prePing: false,
    retryConnect: false,
    keepaliveMs: 0,
    nestedAcquire: 'off',
  });
}

function millisecondsOf(seconds: unknown): number {
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1_000 : Infinity;
}
