import { CONNECTIONS } from './bench-pool.ts';
import type { BenchPool } from './bench-pool.ts';

/** The least that can be called an asynchronous pool: an array, and a promise that is resolved already. Nobody may wait. */
export function createBenchPool(connections = CONNECTIONS): BenchPool<object> {
  const idle: object[] = Array.from({ length: connections }, (_, id) => ({ id }));
  return {
    acquire: () => Promise.resolve(idle.pop() as object),
    release: (resource) => void idle.push(resource),
  };
}
