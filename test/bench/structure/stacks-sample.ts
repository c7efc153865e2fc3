// What stacks cost at a given rate of acquires, and how many leases have one: a program that stacks.ts runs.
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from '@lifeguard/core';
import type { Lease } from '@lifeguard/core';
import { inputOfChild, tell } from '../child.ts';
import { trivialConnector } from '../pools/trivial-connector.ts';
import { summarise } from '../statistics.ts';

export interface StacksInput {
  readonly perSecond: number;
  readonly slices: number;
}

export interface StacksResult {
  /** Of one core, what is added by recording stacks. */
  readonly share: number;
  /** Of the leases, those that had a stack. */
  readonly coverage: number;
  /** Acquires per second that were reached. */
  readonly reached: number;
}

const SLICE_MS = 1_000;
const TICK_MS = 2;
const CONNECTIONS = 500;

const { perSecond, slices } = inputOfChild<StacksInput>();
const pools = {
  on: new Pool(trivialConnector(), { size: CONNECTIONS, maxOverflow: 0 }),
  off: new Pool(trivialConnector(), { size: CONNECTIONS, maxOverflow: 0, stacks: { mode: 'off' } }),
};
let acquired = 0;
let covered = 0;

await slice(pools.on);
await slice(pools.off);
acquired = covered = 0;
const shares: number[] = [];
for (let each = 0; each < slices; each += 1) {
  // In turns, the first one changing.
  const on = each % 2 === 0 ? await slice(pools.on) : undefined;
  const off = await slice(pools.off);
  shares.push((on ?? (await slice(pools.on))) - off);
}
const reached = (acquired * 1_000) / (slices * SLICE_MS);
tell({ share: summarise(shares).median, coverage: covered / acquired, reached } satisfies StacksResult);

/** Acquires at the given rate for a second; the share of a core that this process took. */
async function slice(pool: Pool<object>): Promise<number> {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  let count = 0;
  for (let elapsed = 0; elapsed < SLICE_MS; elapsed = performance.now() - startedAt) {
    const due = Math.floor((elapsed * perSecond) / 1_000) - count;
    const missing = Math.min(due, CONNECTIONS);
    const leases = await Promise.all(Array.from({ length: missing }, () => layer(6, pool)));
    for (const lease of leases) {
      if (pool === pools.on && lease.record.hasUnreadStack) covered += 1;
      lease.release();
    }
    count += missing;
    await delay(TICK_MS);
  }
  if (pool === pools.on) acquired += count;
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / (performance.now() - startedAt);
}

/** An application has layers, and a stack names them. */
async function layer(deeper: number, pool: Pool<object>): Promise<Lease<object>> {
  const lease = await (deeper > 0 ? layer(deeper - 1, pool) : pool.acquire());
  return lease;
}
