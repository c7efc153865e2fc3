import type { PoolClient } from 'pg';
import { CONNECTIONS } from './bench-pool.ts';
import type { BenchPool } from './bench-pool.ts';
import { createBenchPool as createPgPool } from './pg-pool.ts';

/** pg-pool with a limit to each wait, as Lifeguard has by default. */
export function createBenchPool(): BenchPool<PoolClient> {
  return createPgPool(CONNECTIONS, { connectionTimeoutMillis: 2_000 });
}
