// A pool under a mixed load for minutes, and what its heap does meanwhile: a program that soak.ts runs.
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool, runSession } from '@lifeguard/core';
import { inputOfChild, tell } from '../child.ts';
import { trivialConnector } from '../pools/trivial-connector.ts';

export interface SoakInput {
  readonly minutes: number;
}

export interface SoakResult {
  readonly cycles: number;
  readonly timeouts: number;
  readonly reports: number;
  /** Megabytes after a collection, each with the minute it was taken at. */
  readonly heap: readonly (readonly [minute: number, megabytes: number])[];
}

const CALLERS = 100;
const MEASUREMENTS = 30;

const { minutes } = inputOfChild<SoakInput>();
const quiet = { warn: () => undefined, error: () => undefined };
const pool = new Pool(trivialConnector(), {
  size: 10,
  maxOverflow: 5,
  acquireTimeoutMs: 40,
  overflowLingerMs: 100,
  maxLifetimeMs: 5_000,
  monitorIntervalMs: 50,
  leakThresholdMs: 60,
  logger: quiet,
});
const startedAt = performance.now();
const endsAt = startedAt + minutes * 60_000;
let cycles = 0;
let timeouts = 0;

const heap: [number, number][] = [];
const measuring = measure();
await Promise.all([measuring, ...Array.from({ length: CALLERS }, (_, id) => caller(id))]);
tell({ cycles, timeouts, reports: pool.tracker.leaksReported, heap } satisfies SoakResult);

async function caller(id: number): Promise<void> {
  while (performance.now() < endsAt) {
    try {
      await operate(id);
      cycles += 1;
    } catch {
      timeouts += 1;
    }
  }
}

/** Most hold for a moment; some in a session, some with a signal, some for so long that they are reported, or die. */
async function operate(id: number): Promise<void> {
  if (id % 10 === 1)
    return runSession({ name: `job ${id}`, timeoutMs: 1_000 }, () => pool.use(() => delay(1)));
  if (id % 10 === 2) {
    const lease = await pool.acquire({ signal: AbortSignal.timeout(30), label: 'impatient' });
    return lease.release();
  }
  if (id === 3) return pool.use(() => delay(150));
  if (id === 4) return (await pool.acquire()).destroy();
  const lease = await pool.acquire();
  if (id % 2 === 0) await delay(1);
  lease.release();
}

/** Once in a while, so that the collections take no part in the load. */
async function measure(): Promise<void> {
  for (let each = 1; each <= MEASUREMENTS; each += 1) {
    await delay(Math.max(0, startedAt + (each / MEASUREMENTS) * minutes * 60_000 - performance.now() - 5));
    globalThis.gc?.();
    heap.push([(performance.now() - startedAt) / 60_000, process.memoryUsage().heapUsed / 1_048_576]);
  }
}
