import { Pool } from '@lifeguard/core';
import type { Lease } from '@lifeguard/core';
import { CONNECTIONS } from './bench-pool.ts';
import type { BenchPool } from './bench-pool.ts';
import { trivialConnector } from './trivial-connector.ts';

/** The core's pool with its defaults: tracking, stacks, deadlines, the system's clock. Only the queue may be longer. */
export function createBenchPool(connections = CONNECTIONS): BenchPool<Lease<object>> {
  const pool = new Pool(trivialConnector(), { size: connections, maxOverflow: 0, maxWaiting: 200_000 });
  return { acquire: () => pool.acquire(), release: (lease) => lease.release() };
}
