// One sample of one pool: a program that micro.ts runs, once for each sample.
import { AsyncLocalStorage } from 'node:async_hooks';
import { PerformanceObserver, performance } from 'node:perf_hooks';
import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inputOfChild, tell } from '../child.ts';
import type { BenchPool } from '../pools/bench-pool.ts';
import { PATTERNS } from './patterns.ts';
import type { Pattern } from './patterns.ts';

export interface SampleInput {
  readonly pool: string;
  readonly pattern: Pattern;
  readonly inside: boolean;
  readonly measure: 'time' | 'bytes';
  /** Slices of time; the fastest counts. */
  readonly slices?: number;
}

export interface SampleResult {
  /** Nanoseconds, or bytes of heap, for one cycle. */
  readonly perCycle: number;
}

const WARM_UP_MS = 250;
const SLICE_MS = 25;
const BYTES_CYCLES = 20_000;

const input = inputOfChild<SampleInput>();
const { createBenchPool } = (await import(`../pools/${input.pool}.ts`)) as {
  createBenchPool: () => BenchPool;
};
const context = new AsyncLocalStorage<object>();
const pool = createBenchPool();
const measure = input.measure === 'time' ? measureTime : measureBytes;
// Without an `AsyncLocalStorage.run` around, an instance that exists costs nothing.
const perCycle = input.inside ? await context.run({}, measure) : await measure();
tell({ perCycle } satisfies SampleResult);

/** Warms up and returns how many cycles fill a slice. */
async function warmUp(): Promise<number> {
  const startedAt = performance.now();
  let cycles = 0;
  let lastMs = Infinity;
  while (performance.now() - startedAt < WARM_UP_MS) {
    const began = performance.now();
    await PATTERNS[input.pattern](pool, 10_000);
    lastMs = performance.now() - began;
    cycles += 10_000;
    await nextTurn();
  }
  return Math.max(1_000, Math.round((10_000 * SLICE_MS) / lastMs / 100) * 100);
}

async function measureTime(): Promise<number> {
  const cycles = await warmUp();
  let fastest = Infinity;
  for (let slice = 0; slice < (input.slices ?? 7); slice += 1) {
    await nextTurn();
    const startedAt = performance.now();
    await PATTERNS[input.pattern](pool, cycles);
    fastest = Math.min(fastest, performance.now() - startedAt);
  }
  return (fastest * 1e6) / cycles;
}

/** What the heap grows by while nothing is collected: run with a new space that is larger than all of it. */
async function measureBytes(): Promise<number> {
  await warmUp();
  let collections = 0;
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
  globalThis.gc?.();
  await nextTurn();
  observer.observe({ entryTypes: ['gc'] });
  const before = process.memoryUsage().heapUsed;
  await PATTERNS[input.pattern](pool, BYTES_CYCLES);
  const after = process.memoryUsage().heapUsed;
  await nextTurn();
  await nextTurn();
  if (collections > 0) throw new Error(`${collections} collections in between: the new space is too small`);
  return (after - before) / BYTES_CYCLES;
}
