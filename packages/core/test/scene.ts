import type { Scene } from '../src/diagnosis.ts';
import type { Caller } from '../src/exhaustion.ts';
import { groupHolders } from '../src/holders.ts';
import type { LeaseOrigin } from '../src/lease-record.ts';
import type { LeaseView, PoolCounts } from '../src/snapshot.ts';
import { noOrigin } from './origin.ts';

export const counts: PoolCounts = {
  name: 'main',
  used: 10,
  idle: 0,
  connecting: 0,
  resetting: 0,
  closing: 0,
  lost: 0,
  pending: 14,
  oldestWaitMs: 5_000,
  size: 10,
  max: 10,
};

export function lease(file: string, functionName: string, more: Partial<LeaseView>): LeaseView {
  const site = { file, line: 42, column: 1, functionName };
  return {
    id: 1,
    heldMs: 100,
    idleMs: undefined,
    site,
    frames: [site],
    label: undefined,
    session: undefined,
    transaction: 'none',
    queryRunning: true,
    queries: 1,
    lastQuery: undefined,
    backendPid: undefined,
    suspected: false,
    blockedMs: 0,
    collected: false,
    ...more,
  };
}

export const times = (count: number, make: (at: number) => LeaseView): LeaseView[] =>
  Array.from({ length: count }, (_, at) => make(at));
export const scene = (leases: LeaseView[], more: Partial<Scene> = {}): Scene => ({
  // A full pool.
  counts: { ...counts, used: leases.length, size: leases.length, max: leases.length },
  leases,
  holders: groupHolders(leases),
  waitedMs: 5_000,
  stalledMs: 0,
  suspended: false,
  ...more,
});
export const caller = (origin: Partial<LeaseOrigin>, isDescribed = true): Caller => ({
  origin: noOrigin(origin),
  isDescribed,
});
export const you = caller({ label: 'src/report.ts:18 buildReport' });

export const busy = times(3, (at) => lease('src/report.ts', 'buildReport', { heldMs: 200 + at * 450 }));

/** The rows with these labels. */
export function rows(error: Error, ...labels: string[]): string[] {
  return error.message.split('\n').filter((line) => labels.some((label) => line.startsWith(`  ${label} `)));
}
