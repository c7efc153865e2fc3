import { resolvePoolOptions } from '@lifeguard/core/adapter';
import type { WatchOptions } from '@lifeguard/core';
import type { ResolvedPoolOptions } from '@lifeguard/core/adapter';
import type { StockPool } from './stock-pool.ts';

/** Where pg-pool is told nothing else. */
const PG_MAX = 10;
const PG_IDLE_TIMEOUT_MS = 10_000;

/** The options of the watch, with those of the pool beside them, in our names. Throws `LG_INVALID_OPTION` for the former only. */
export function stockOptions(pool: StockPool, options: WatchOptions): ResolvedPoolOptions {
  const { connectionTimeoutMillis, idleTimeoutMillis, maxLifetimeSeconds, maxUses, min } = pool.options ?? {};
  const size = maxOf(pool);
  const lifetimeSeconds = positive(maxLifetimeSeconds);
  return resolvePoolOptions({
    ...options,
    size,
    maxOverflow: 0,
    minIdle: Math.min(Math.floor(positive(min) ?? 0), size),
    acquireTimeoutMs: positive(connectionTimeoutMillis) ?? Infinity,
    connectTimeoutMs: positive(connectionTimeoutMillis) ?? Infinity,
    idleTimeoutMs:
      idleTimeoutMillis === undefined ? PG_IDLE_TIMEOUT_MS : (positive(idleTimeoutMillis) ?? Infinity),
    maxLifetimeMs: lifetimeSeconds === undefined ? Infinity : lifetimeSeconds * 1_000,
    maxUses: Math.ceil(positive(maxUses) ?? Infinity),
    // What pg-pool does not do.
    maxWaiting: Number.MAX_SAFE_INTEGER,
    maxConnecting: size,
    prePing: false,
    retryConnect: false,
    keepaliveMs: 0,
    nestedAcquire: 'off',
  });
}

/** How many connections it may have now; somebody may have changed that. */
export function maxOf(pool: StockPool): number {
  const max = positive(pool.options?.['max']);
  return max === undefined || max === Infinity ? PG_MAX : Math.ceil(max);
}

/** pg-pool takes whatever JavaScript can compare with a number, such as the text of an environment variable. */
function positive(value: unknown): number | undefined {
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
  return number > 0 ? number : undefined;
}
