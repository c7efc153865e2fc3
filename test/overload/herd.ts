// A hundred thousand callers whose time is up in the same moment: what each costs while it waits, and for how long the event
// loop stands still. Run by bench.ts, in a process of its own that lets it collect garbage; prints one row as JSON.

import process from 'node:process';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { Pool } from '@lifeguard/core';
import type { PoolOptions } from '@lifeguard/core';
import { FakeConnector } from '@lifeguard/core/testing';

const WAITERS = 100_000;
const WAIT_MS = 3_000;

const queuePolicy = process.argv[2] === 'controlled' ? 'controlled' : 'fifo';
const collect = globalThis.gc ?? (() => undefined);
const options: PoolOptions = { size: 1, maxOverflow: 0, maxWaiting: 2 * WAITERS, queuePolicy };
await using pool = new Pool(new FakeConnector(), options);
await using _held = await pool.acquire();
// Once for the compiler, and let go of.
await untilOver(call(20_000, 200));
await turn();
collect();

const before = process.memoryUsage().heapUsed;
const calls = call(WAITERS, WAIT_MS);
await turn();
collect();
const bytes = (process.memoryUsage().heapUsed - before) / WAITERS;
const longestStallMs = await watchLoop(untilOver(calls));
console.log(JSON.stringify({ queuePolicy, waiters: WAITERS, bytes, longestStallMs }));

function call(callers: number, timeoutMs: number): Promise<unknown>[] {
  return Array.from({ length: callers }, () => pool.acquire({ timeoutMs }));
}

/** One handler for all: what callers do about it is not measured. */
async function untilOver(all: readonly Promise<unknown>[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = all.length;
  const onEnd = (): void => {
    left -= 1;
    if (left === 0) resolve();
  };
  for (const each of all) each.then(onEnd, onEnd);
  await promise;
}

/** The longest time between two turns of the loop, from shortly before the callers' time is up until all are gone. */
async function watchLoop(until: Promise<void>): Promise<number> {
  await delay(WAIT_MS / 2);
  let isOver = false;
  void until.then(() => (isOver = true));
  let [longestMs, lastAt] = [0, performance.now()];
  while (!isOver) {
    await turn();
    const now = performance.now();
    longestMs = Math.max(longestMs, now - lastAt);
    lastAt = now;
  }
  await turn();
  return Math.max(longestMs, performance.now() - lastAt);
}
