// One client of PostgreSQL in a process of its own, which runs a slice of work whenever it is told to.
import { AsyncLocalStorage } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { inputOfChild } from '../child.ts';
import type { BenchClient } from './clients/bench-client.ts';

export type Workload = 'select' | 'transaction' | 'managed';

export interface ClientInput {
  readonly client: string;
  readonly url: string;
  readonly rows: number;
}

export interface Slice {
  readonly operations: number;
  readonly elapsedMs: number;
  /** Processor time of this process, all its threads. */
  readonly cpuMs: number;
}

/** Until V8 has compiled what is hot. What is compiled meanwhile counts as processor time. */
const COMPILED_AFTER: Readonly<Record<Workload, number>> = {
  select: 40_000,
  transaction: 10_000,
  managed: 10_000,
};
const WARM_UP_LIMIT_MS = 15_000;
/** What has been idle meanwhile gets its connections back, and is pinged, before the clock runs. */
const WAKE_UP_MS = 100;
const SLICE_MS = 500;
const TASKS = 64;

const { client: name, url, rows } = inputOfChild<ClientInput>();
const { openClient } = (await import(`./clients/${name}.ts`)) as {
  openClient: (url: string) => BenchClient | Promise<BenchClient>;
};
const client = await openClient(url);
const context = new AsyncLocalStorage<object>();
const warm = new Set<Workload>();
let nextRow = 0;

process.on('message', (workload: Workload) => {
  void context.run({}, () => slice(workload)).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

async function slice(workload: Workload): Promise<Slice> {
  if (!warm.has(workload)) await warmUp(workload);
  await work(workload, WAKE_UP_MS);
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const operations = await work(workload, SLICE_MS);
  const { user, system } = process.cpuUsage(before);
  return { operations, elapsedMs: performance.now() - startedAt, cpuMs: (user + system) / 1_000 };
}

async function warmUp(workload: Workload): Promise<void> {
  warm.add(workload);
  const giveUpAt = performance.now() + WARM_UP_LIMIT_MS;
  let operations = 0;
  while (operations < COMPILED_AFTER[workload] && performance.now() < giveUpAt)
    operations += await work(workload, SLICE_MS);
}

/** Returns how many operations were done. */
async function work(workload: Workload, forMs: number): Promise<number> {
  const until = performance.now() + forMs;
  let operations = 0;
  const task = async (): Promise<void> => {
    while (performance.now() < until) {
      await handleRequest(workload);
      operations += 1;
    }
  };
  await Promise.all(Array.from({ length: TASKS }, task));
  return operations;
}

// An application has layers, and the stack of an acquire names them: seven functions that await each other.
const handleRequest = (workload: Workload): Promise<unknown> => layer(6, workload);

async function layer(deeper: number, workload: Workload): Promise<unknown> {
  const result = await (deeper > 0 ? layer(deeper - 1, workload) : operate(workload));
  return result;
}

function operate(workload: Workload): Promise<unknown> {
  if (workload === 'select') return client.select();
  nextRow = (nextRow + 1) % rows;
  const run = client[workload];
  if (run === undefined) throw new Error(`${name} has no ${workload}`);
  return run(nextRow + 1);
}
