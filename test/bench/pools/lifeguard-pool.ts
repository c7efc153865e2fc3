import { LifeguardPool } from '@lifeguard/pg';
import type { PoolClient } from 'pg';
import { CONNECTIONS } from './bench-pool.ts';
import type { BenchPool } from './bench-pool.ts';
import { FakeClient } from './fake-client.ts';

/** The drop-in for `pg.Pool`, by pg-pool's interface. */
export function createBenchPool(connections = CONNECTIONS): BenchPool<PoolClient> {
  const pool = new LifeguardPool({ max: connections, Client: FakeClient });
  return { acquire: () => pool.connect(), release: (client) => client.release() };
}
