import { DURATION_BOUNDS_MS } from '@lifeguard/core/adapter';
import type { DurationSummary, HolderView, LeaseView, SiteView, WaiterView } from '@lifeguard/core';
import type { Look } from '../src/monitor/look.ts';
import type { PoolState } from '../src/pool-state.ts';
import { idleState, leakingState } from './pool-states.ts';

const DURATIONS: DurationSummary = {
  count: 0,
  sumMs: 0,
  meanMs: 0,
  p50Ms: 0,
  p95Ms: 0,
  p99Ms: 0,
  maxMs: 0,
  buckets: DURATION_BOUNDS_MS.map(() => 0),
};

const SITE = { file: 'src/orders.ts', line: 42, column: 1, functionName: 'createOrder' };

/** What a test wants of a look. */
export interface LookWish {
  readonly pid?: number | undefined;
  readonly name?: string;
  readonly pools?: readonly PoolState[];
  readonly allow?: readonly string[];
  readonly omitted?: readonly string[];
}

/** An application that says so. */
export function lookOf({
  pid = 4711,
  name = 'orders',
  pools,
  allow = [],
  omitted = [],
}: LookWish = {}): Look {
  return { application: { name, pid }, pools: pools ?? [busyPool()], omitted, allow };
}

/** One lease as JSON has it. */
export function lease(wish: Partial<LeaseView> = {}): LeaseView {
  const plain = {
    id: 7,
    heldMs: 1_200,
    idleMs: 300,
    site: SITE,
    frames: [SITE],
    transaction: 'none',
    queryRunning: false,
  };
  return {
    ...plain,
    queries: 3,
    lastQuery: 'select ?',
    suspected: false,
    blockedMs: 0,
    collected: false,
    ...wish,
  } as LeaseView;
}

function waiter(wish: Partial<WaiterView> = {}): WaiterView {
  const site = { ...SITE, file: 'src/cart.ts', functionName: 'addToCart' };
  return {
    waitedMs: 1_800,
    timeoutMs: 3_000,
    site,
    label: undefined,
    priority: 'normal',
    tenant: undefined,
    ...wish,
  };
}

function siteView(wish: Partial<SiteView> = {}): SiteView {
  const holdTime = { ...DURATIONS, count: 120, meanMs: 41, p95Ms: 230, maxMs: 4_000 };
  const plain = {
    fingerprint: '89abcdef',
    site: SITE,
    label: undefined,
    leases: 120,
    holdTime,
    idleShare: 0.25,
  };
  return { ...plain, waitsCausedMs: 61_000, leaks: 2, adaptiveThresholdMs: undefined, ...wish };
}

/** A pool that is full, with who holds and who waits. */
export function busyPool(wish: Partial<PoolState['snapshot']> = {}): PoolState {
  const { snapshot, ...rest } = leakingState();
  const leases = [
    lease({
      heldMs: 41_000,
      idleMs: 38_000,
      transaction: 'open',
      suspected: true,
      lastQuery: 'update "orders" set "state" = ?',
    }),
    lease({ id: 8, heldMs: 1_200, idleMs: undefined, queryRunning: true, label: 'nightly report' }),
    lease({ id: 9, heldMs: 20, idleMs: 4, queries: 0 }),
  ];
  const holders: HolderView[] = [
    {
      site: SITE,
      label: undefined,
      count: 2,
      minHeldMs: 20,
      maxHeldMs: 41_000,
      state: 'idle in transaction',
      suspected: 1,
    },
    {
      site: SITE,
      label: 'nightly report',
      count: 1,
      minHeldMs: 1_200,
      maxHeldMs: 1_200,
      state: 'active',
      suspected: 0,
    },
  ];
  const full = {
    ...snapshot,
    name: 'main',
    at: '2026-01-01T12:00:00.000Z',
    used: 3,
    overflow: 1,
    pending: 2,
    oldestWaitMs: 1_800,
    leases,
    holders,
    waiters: [waiter(), waiter({ waitedMs: 200, priority: 'high', tenant: 'acme' })],
    sites: [
      siteView(),
      siteView({ fingerprint: '01234567', label: 'nightly report', waitsCausedMs: 0, leaks: 0 }),
    ],
    waitTime: { ...DURATIONS, count: 90, sumMs: 270, meanMs: 3, p95Ms: 12.4 },
    useTime: { ...DURATIONS, count: 90, sumMs: 3_600, meanMs: 40, p95Ms: 210 },
    counters: { ...snapshot.counters, acquired: 93, released: 90, timeouts: 3 },
    ...wish,
  };
  return { ...rest, snapshot: full };
}

/** The same pool five seconds later, after ten acquires, eight releases and a timeout. */
export function busyPoolLater(wish: Partial<PoolState['snapshot']> = {}): PoolState {
  const { snapshot } = busyPool();
  return busyPool({
    at: '2026-01-01T12:00:05.000Z',
    waitTime: { ...snapshot.waitTime, count: 100, sumMs: 1_470 },
    useTime: { ...snapshot.useTime, count: 98, sumMs: 5_200 },
    counters: { ...snapshot.counters, acquired: 103, released: 98, timeouts: 4 },
    ...wish,
  });
}

/** A pool that nobody uses. */
export function idlePool(name: string): PoolState {
  return idleState(name);
}
