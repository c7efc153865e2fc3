import pg from 'pg';
import type { PoolClient, PoolConfig } from 'pg';
import { CONNECTIONS } from './bench-pool.ts';
import type { BenchPool } from './bench-pool.ts';
import { FakeClient } from './fake-client.ts';

/** pg-pool with its defaults; by them, nobody's wait has a limit. */
export function createBenchPool(connections = CONNECTIONS, options: PoolConfig = {}): BenchPool<PoolClient> {
  const pool = new pg.Pool({ max: connections, Client: FakeClient, ...options } as PoolConfig);
  return { acquire: () => pool.connect(), release: (client) => client.release() };
}
