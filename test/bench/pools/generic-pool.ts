import { createPool } from 'generic-pool';
import { CONNECTIONS } from './bench-pool.ts';
import type { BenchPool } from './bench-pool.ts';

/** `release` gives the resource back at once; the promise that it returns is not awaited, in favour of this pool. */
export function createBenchPool(connections = CONNECTIONS): BenchPool<object> {
  const factory = { create: () => Promise.resolve({}), destroy: () => Promise.resolve() };
  const pool = createPool<object>(factory, { max: connections });
  return {
    acquire: async () => pool.acquire(),
    release: (resource) => void pool.release(resource),
  };
}
