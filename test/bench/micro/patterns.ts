import type { BenchPool } from '../pools/bench-pool.ts';

/** One caller, who always finds an idle connection. `cycles` is how often one is taken and given back. */
async function sequential(pool: BenchPool, cycles: number): Promise<void> {
  for (let cycle = 0; cycle < cycles; cycle += 1) pool.release(await pool.acquire());
}

/** Many callers on few connections: almost every acquire waits in the queue. `cycles` are those of all callers together. */
export async function contended(pool: BenchPool, cycles: number, callers = 100): Promise<void> {
  const caller = async (): Promise<void> => {
    for (let cycle = 0; cycle < cycles / callers; cycle += 1) pool.release(await pool.acquire());
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

/** One caller, who takes all connections and gives all back, so that each is touched. */
export async function sweeping(pool: BenchPool, cycles: number, connections: number): Promise<void> {
  const held: unknown[] = [];
  for (let cycle = 0; cycle < cycles; cycle += connections) {
    for (let each = 0; each < connections; each += 1) held.push(await pool.acquire());
    for (let resource = held.pop(); resource !== undefined; resource = held.pop()) pool.release(resource);
  }
}

export type Pattern = 'sequential' | 'contended';
export const PATTERNS = { sequential, contended } as const;
