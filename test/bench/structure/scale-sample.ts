// What a cycle costs with so many connections, or with so many callers: a program that scale.ts runs.
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inputOfChild, tell } from '../child.ts';
import { contended, sweeping } from '../micro/patterns.ts';
import type { BenchPool } from '../pools/bench-pool.ts';

export interface ScaleInput {
  readonly pool: string;
  readonly connections: number;
  /** Callers; one takes all connections in turn. */
  readonly callers: number;
}

export interface ScaleResult {
  /** Nanoseconds. */
  readonly perCycle: number;
}

const WARM_UP_MS = 300;
const SLICES = 5;
/** A slice is at least so long, and every caller has at least one turn in it. */
const CYCLES = 100_000;

const { pool: name, connections, callers } = inputOfChild<ScaleInput>();
const { createBenchPool } = (await import(`../pools/${name}.ts`)) as {
  createBenchPool: (connections: number, callers: unknown) => BenchPool;
};
const pool = createBenchPool(connections, name === 'bare-queue' ? callers : undefined);
const cycles = Math.max(CYCLES, callers * 2);
const run = (): Promise<void> =>
  callers === 1 ? sweeping(pool, cycles, connections) : contended(pool, cycles, callers);

const startedAt = performance.now();
await run();
while (performance.now() - startedAt < WARM_UP_MS) await run();
let fastest = Infinity;
for (let slice = 0; slice < SLICES; slice += 1) {
  await nextTurn();
  const began = performance.now();
  await run();
  fastest = Math.min(fastest, performance.now() - began);
}
tell({ perCycle: (fastest * 1e6) / cycles } satisfies ScaleResult);
