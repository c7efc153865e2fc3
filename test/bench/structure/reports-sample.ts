// How long a look at 1,000 leases with stacks blocks the event loop at a time: a program that reports.ts runs.
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from '@lifeguard/core';
import type { Lease } from '@lifeguard/core';
import { inputOfChild, tell } from '../child.ts';
import { trivialConnector } from '../pools/trivial-connector.ts';
import { summarise } from '../statistics.ts';
import { LoopGaps } from './loop-gaps.ts';
import { loadPlaces } from './many-places.ts';

export interface ReportsInput {
  /** What the leases are when they are looked at. */
  readonly what: 'nothing' | 'sweep' | 'leaks' | 'snapshot';
}

export interface ReportsResult {
  /** Milliseconds; the median of all looks. */
  readonly longestMs: number;
}

const { what } = inputOfChild<ReportsInput>();
const LEASES = 1_000;
const PLACES = 40;
const INTERVAL_MS = 50;
const isSweeping = what === 'sweep' || what === 'leaks';
const WAIT_MS = isSweeping ? INTERVAL_MS : 2;
const REPETITIONS = isSweeping ? 5 : 25;

const places = await loadPlaces(PLACES);
const pool = new Pool(trivialConnector(), {
  size: LEASES,
  maxOverflow: 0,
  monitorIntervalMs: what === 'nothing' ? 1e9 : INTERVAL_MS,
  reportIntervalMs: 200,
  leakThresholdMs: what === 'leaks' ? 1 : Infinity,
  stacks: { mode: 'always' },
});
let reported = 0;
pool.on('leak', () => (reported += 1));

const hasUnread = (): boolean => [...pool.tracker.records()].some((record) => record.hasUnreadStack);
const isDone: Readonly<Record<ReportsInput['what'], () => boolean>> = {
  nothing: () => true,
  snapshot: () => true,
  sweep: () => !hasUnread(),
  leaks: () => reported >= LEASES,
};

// What is done for the first time is compiled, and that would be measured as well.
await holdMany();
const blocks: number[] = [];
for (let each = 0; each < REPETITIONS; each += 1) blocks.push(...(await holdMany()));
tell({ longestMs: summarise(blocks).median } satisfies ReportsResult);

/** Takes all leases and has them looked at. Returns the longest block of the loop in each look. */
async function holdMany(): Promise<number[]> {
  reported = 0;
  const leases: Lease<object>[] = [];
  for (let each = 0; each < LEASES; each += 1) {
    leases.push(await (places[each % PLACES] as (typeof places)[number])(() => pool.acquire()));
  }
  const gaps = new LoopGaps();
  await delay(5);
  gaps.take();
  const longest: number[] = [];
  if (what === 'snapshot') pool.snapshot();
  do {
    await delay(WAIT_MS);
    longest.push(gaps.take());
  } while (!isDone[what]());
  gaps.stop();
  for (const lease of leases) lease.release();
  return longest;
}
