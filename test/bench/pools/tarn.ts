import { Pool } from 'tarn';
import { CONNECTIONS } from './bench-pool.ts';
import type { BenchPool } from './bench-pool.ts';

/** The pool of Knex. */
export function createBenchPool(connections = CONNECTIONS): BenchPool<object> {
  const pool = new Pool<object>({
    create: () => Promise.resolve({}),
    destroy: () => undefined,
    min: 0,
    max: connections,
  });
  return { acquire: () => pool.acquire().promise, release: (resource) => void pool.release(resource) };
}
