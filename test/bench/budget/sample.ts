// What a cycle of a pool allocates and queues up, counted and not timed: a program that budget.test.ts runs.
import { createHook } from 'node:async_hooks';
import { PerformanceObserver } from 'node:perf_hooks';
import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inputOfChild, tell } from '../child.ts';
import { PATTERNS } from '../micro/patterns.ts';
import type { Pattern } from '../micro/patterns.ts';
import { CONNECTIONS } from '../pools/bench-pool.ts';
import type { BenchPool } from '../pools/bench-pool.ts';

export interface BudgetInput {
  readonly pool: string;
  readonly pattern: Pattern;
}

export interface BudgetResult {
  /** Microtasks from the call of `acquire`, or from the release that serves it, until the caller goes on. */
  readonly ticks: number;
  /** For one cycle. */
  readonly promises: number;
  readonly bytes: number;
  /** Timers and immediates for a thousand cycles in one turn of the loop. */
  readonly timers: number;
}

const WARM_UP = 200_000;
const CYCLES = 20_000;
const COUNTED = 1_000;
/** Whoever takes so many needs something else than microtasks, which would starve here. */
const MAX_TICKS = 100;

const { pool: name, pattern } = inputOfChild<BudgetInput>();
const { createBenchPool } = (await import(`../pools/${name}.ts`)) as { createBenchPool: () => BenchPool };
const pool = createBenchPool();
const run = (cycles: number): Promise<void> => PATTERNS[pattern](pool, cycles);

// Some in a turn: a thousand stacks at once would spend a budget that is meant for a second.
for (let done = 0; done < WARM_UP; done += 10_000) {
  await run(10_000);
  await nextTurn();
}
const ticks = pattern === 'sequential' ? await ticksWhenIdle() : await ticksWhenServed();
const bytes = await countBytes();
// Last: V8 makes promises another way for ever once hooks have been there.
const { promises, timers } = await countResources();
tell({ ticks, promises, bytes, timers } satisfies BudgetResult);

async function ticksWhenIdle(): Promise<number> {
  await nextTurn();
  // On a machine that has stood still, the first one is pinged.
  pool.release(await pool.acquire());
  const acquiring = pool.acquire();
  const ticks = await ticksUntil(acquiring);
  pool.release(await acquiring);
  return ticks;
}

async function ticksWhenServed(): Promise<number> {
  const held = await Promise.all(Array.from({ length: CONNECTIONS }, () => pool.acquire()));
  const waiting = pool.acquire();
  await nextTurn();
  pool.release(held.pop());
  const ticks = await ticksUntil(waiting);
  for (const resource of [...held, await waiting]) pool.release(resource);
  return ticks;
}

async function ticksUntil(promise: Promise<unknown>): Promise<number> {
  let isDone = false;
  let ticks = 0;
  void promise.then(() => (isDone = true));
  for (; !isDone && ticks < MAX_TICKS; ticks += 1) await Promise.resolve();
  return ticks;
}

async function countBytes(): Promise<number> {
  let collections = 0;
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
  globalThis.gc?.();
  await nextTurn();
  observer.observe({ entryTypes: ['gc'] });
  const before = process.memoryUsage().heapUsed;
  await run(CYCLES);
  const after = process.memoryUsage().heapUsed;
  await nextTurn();
  await nextTurn();
  observer.disconnect();
  if (collections > 0) throw new Error(`${collections} collections in between: the new space is too small`);
  return (after - before) / CYCLES;
}

async function countResources(): Promise<{ readonly promises: number; readonly timers: number }> {
  const count: Record<string, number> = {};
  await nextTurn();
  await run(COUNTED);
  const hook = createHook({ init: (_, type) => (count[type] = (count[type] ?? 0) + 1) });
  hook.enable();
  await run(COUNTED);
  hook.disable();
  const { PROMISE = 0, Timeout = 0, Immediate = 0 } = count;
  return { promises: PROMISE / COUNTED, timers: Timeout + Immediate };
}
