import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { PoolConfig } from 'pg';
import { onTestFinished } from 'vitest';
import { watchPool } from '../src/watch-pool/watch-pool.ts';
import type { WatchPoolOptions, WatchedPool } from '../src/watch-pool/watched-pool.ts';

export const QUIET = { logger: { warn: () => undefined, error: () => undefined } };
/** Whatever leaks is reported in a moment. */
export const QUICK = { ...QUIET, leakThresholdMs: 100, idleThresholdMs: 40, monitorIntervalMs: 20 };

/** pg's own pool, ended with the test. */
export function stockPool(url: string, options: PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: `stock-${randomBytes(6).toString('hex')}`,
    ...options,
  });
  pool.on('error', () => undefined);
  onTestFinished(async () => {
    if (!pool.ending) await pool.end();
  });
  return pool;
}

/** The same, watched. */
export function watchedPool(
  url: string,
  options: PoolConfig = {},
  watch: WatchPoolOptions = QUIET,
): { pool: pg.Pool; watched: WatchedPool } {
  const pool = stockPool(url, options);
  return { pool, watched: watchPool(pool, watch) };
}
