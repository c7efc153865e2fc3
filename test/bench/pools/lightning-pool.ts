import { Pool } from 'lightning-pool';
import { CONNECTIONS } from './bench-pool.ts';
import type { BenchPool } from './bench-pool.ts';

export function createBenchPool(connections = CONNECTIONS): BenchPool<object> {
  const factory = { create: () => ({}), destroy: () => undefined };
  const pool = new Pool<object>(factory, { max: connections });
  return { acquire: () => pool.acquire(), release: (resource) => pool.release(resource) };
}
