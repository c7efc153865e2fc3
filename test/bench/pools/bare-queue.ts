import { CONNECTIONS } from './bench-pool.ts';
import type { BenchPool } from './bench-pool.ts';

/**
 * The least that can be called a pool with waiters: an array, and a ring of those who wait, which has room for all
 * `callers`. (With `shift` in place of the ring it takes four times as long: V8 moves all the others.)
 */
export function createBenchPool(connections = CONNECTIONS, callers = 100): BenchPool<object> {
  const mask = 2 ** Math.ceil(Math.log2(callers + 1)) - 1;
  const idle: object[] = Array.from({ length: connections }, (_, id) => ({ id }));
  const waiting: ((resource: object) => void)[] = Array.from({ length: mask + 1 }, () => () => undefined);
  let first = 0;
  let next = 0;
  return {
    acquire: () => {
      const resource = idle.pop();
      if (resource !== undefined) return Promise.resolve(resource);
      return new Promise((resolve) => {
        waiting[next++ & mask] = resolve;
      });
    },
    release: (resource) => {
      if (first === next) idle.push(resource);
      else (waiting[first++ & mask] as (resource: object) => void)(resource);
    },
  };
}
