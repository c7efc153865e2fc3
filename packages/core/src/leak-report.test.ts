import { describe, expect, it } from 'vitest';
import { formatHolder, groupHolders } from './holders.ts';
import { formatLeakReport } from './leak-report.ts';
import type { LeakReport } from './leak-report.ts';
import type { LeaseView, SessionView } from './snapshot.ts';

const site = { file: 'src/orders.ts', line: 42, column: 7, functionName: 'createOrder' };
const lease: LeaseView = {
  id: 7,
  heldMs: 41_000,
  idleMs: 40_000,
  site,
  frames: [site, { ...site, line: 12, functionName: undefined }],
  label: undefined,
  session: undefined,
  transaction: 'open',
  queryRunning: false,
  queries: 3,
  lastQuery: 'insert into orders values (…)',
  backendPid: 4711,
  suspected: true,
  blockedMs: 0,
  collected: false,
};
const report: LeakReport = {
  id: 1,
  code: 'LG_LEAK_SUSPECTED',
  pool: 'main',
  at: '2026-01-01T00:00:00.000Z',
  evidence: ['overdue', 'idle'],
  thresholdMs: 30_000,
  lease,
  used: 10,
  max: 10,
  pending: 14,
  usual: undefined,
  isLogged: true,
  unlogged: 0,
};
const sessionView: SessionView = {
  id: 5,
  kind: 'session',
  name: 'checkout',
  tags: { tenant: '7', route: '/pay' },
  traceId: undefined,
  ageMs: 1,
  timeoutMs: 2,
  endedMs: undefined,
};

const format = (of: Partial<LeaseView>, more: Partial<LeakReport> = {}): string =>
  formatLeakReport({ ...report, ...more, lease: { ...lease, ...of } });
const row = (label: string, text: string): string =>
  text.split('\n').find((line) => line.startsWith(`  ${label} `)) ?? '';

describe('a leak report', () => {
  it('advises a managed block where there is none', () => {
    expect(row('fix', format({}))).toBe(
      '  fix       wrap src/orders.ts:42 in managedTransaction(), or release in "finally"; raising the size only delays this',
    );
  });

  it('says what, where, why and what to do', () => {
    expect(format({ session: sessionView })).toBe(
      [
        'LG_LEAK_SUSPECTED: connection of pool "main" held for 41s (threshold 30s), not returned',
        '  acquired  src/orders.ts:42 createOrder',
        '            src/orders.ts:12',
        '  session   checkout tenant=7 route=/pay',
        '  doing     idle in transaction, last: insert into orders values (…), for 40s (server pid 4711)',
        '  evidence  overdue, idle',
        '  effect    10 of 10 connections are in use, 14 callers wait',
        '  likely    a managed block that waits for something other than the database',
        '  fix       move what is not SQL out of the block, or give it a shorter timeoutMs',
        '  more      npx -p @lifeguard/cli lifeguard explain LG_LEAK_SUSPECTED',
      ].join('\n'),
    );
  });

  it('of a lease whose query runs speaks of slowness, not of a leak', () => {
    const running = { queryRunning: true, idleMs: undefined, backendPid: undefined };
    expect(format(running, { code: 'LG_SLOW_LEASE', evidence: ['overdue'], pending: 1 })).toBe(
      [
        'LG_SLOW_LEASE: connection of pool "main" held for 41s (threshold 30s), its query is still running',
        '  acquired  src/orders.ts:42 createOrder',
        '            src/orders.ts:12',
        '  doing     active: insert into orders values (…)',
        '  evidence  overdue',
        '  effect    10 of 10 connections are in use, 1 caller waits',
        '  likely    a slow query or a lock wait, not a leak',
        '  fix       look at the query; long work can be given its own limit',
        '  more      npx -p @lifeguard/cli lifeguard explain LG_SLOW_LEASE',
      ].join('\n'),
    );
  });

  it.each([
    [
      { transaction: 'none', queries: 0, lastQuery: undefined },
      'no query yet',
      'acquired and forgotten: no query ever ran on it',
    ],
    [
      { transaction: 'none' },
      'idle, last: insert into orders values (…)',
      'release() is not reached on some path, such as an error between acquire and release',
    ],
    [
      { transaction: 'failed', lastQuery: undefined },
      'idle in transaction (aborted), last query unknown',
      'a transaction that is neither committed nor rolled back on some path',
    ],
    [
      { transaction: 'open', lastQuery: undefined },
      'idle in transaction, last query unknown',
      'a transaction that is neither committed nor rolled back on some path',
    ],
    [
      { queryRunning: true, lastQuery: undefined },
      'active',
      'a transaction that is neither committed nor rolled back on some path',
    ],
  ] as [Partial<LeaseView>, string, string][])(
    'guesses the cause from what the lease does: %o',
    (of, doing, likely) => {
      const text = format({ idleMs: undefined, backendPid: undefined, ...of });
      expect(row('doing', text)).toBe(`  doing     ${doing}`);
      expect(row('likely', text)).toBe(`  likely    ${likely}`);
    },
  );

  it('explains each grade of evidence', () => {
    const usual = { p99Ms: 200, leases: 1_240 };
    expect(row('evidence', format({}, { evidence: ['overdue'], usual }))).toBe(
      '  evidence  overdue (99 % of 1240 leases of this place took less than 200ms)',
    );
    const request = { ...sessionView, kind: 'request', name: 'GET /orders/:id', endedMs: 2_100 } as const;
    const orphaned = format({ session: request }, { evidence: ['idle', 'orphaned'] });
    expect(row('evidence', orphaned)).toBe('  evidence  idle, orphaned (its request ended 2.1s ago)');
    expect(row('likely', orphaned)).toBe(
      '  likely    the request was answered or left on a path that does not release, or work goes on after it',
    );
    expect(row('fix', orphaned)).toContain('wrap src/orders.ts:42 in managedTransaction()');
    expect(row('evidence', format({}, { evidence: ['orphaned'] }))).toBe(
      '  evidence  orphaned (the signal of its acquire has aborted)',
    );
    const collected = format({ collected: true }, { evidence: ['collected'] });
    expect(row('evidence', collected)).toBe(
      '  evidence  collected (its handle is garbage: nobody can give it back)',
    );
    expect(row('likely', collected)).toContain('acquired and dropped');
  });

  it('names the request, its tags and its trace', () => {
    const request = {
      ...sessionView,
      kind: 'request',
      name: 'GET /orders/:id',
      traceId: '4bf92f35',
    } as const;
    const text = format({ session: request });
    expect(row('request', text)).toBe('  request   GET /orders/:id tenant=7 route=/pay trace=4bf92f35');
    // A request that is still there is no managed block: what holds is the code in it.
    expect(row('likely', text)).toContain('a transaction that is neither committed nor rolled back');
  });

  it('says what it does not count, and what it did not log', () => {
    expect(row('blocked', format({ blockedMs: 3_200 }))).toBe(
      '  blocked   the event loop stood still for 3.2s of that, which is not counted',
    );
    expect(row('also', format({}, { unlogged: 1 }))).toBe(
      '  also      1 more report of this place since the last one logged',
    );
    expect(row('also', format({}, { unlogged: 41 }))).toContain('41 more reports');
  });

  it('names at most four frames', () => {
    const text = format({ frames: Array.from({ length: 9 }, (_, at) => ({ ...site, line: at + 1 })) });
    expect(text).toContain('src/orders.ts:4 createOrder');
    expect(text).not.toContain('src/orders.ts:5 createOrder');
  });

  it('without a stack says so, or names the label', () => {
    const unknown = format({ frames: [], site: undefined });
    expect(row('acquired', unknown)).toContain('no stack was recorded for this acquire');
    expect(row('fix', unknown)).toContain('wrap the code in');
    expect(row('acquired', format({ frames: [], label: 'nightly report' }))).toBe(
      '  acquired  nightly report',
    );
  });

  it('names a session without a name by its number', () => {
    const session = { ...sessionView, name: undefined, tags: {} };
    expect(row('session', format({ session }))).toBe('  session   #5');
  });
});

describe('the holders', () => {
  it('are grouped by place and label, the one that holds longest first', () => {
    const other = { ...site, file: 'src/report.ts' };
    const holders = groupHolders([
      { ...lease, heldMs: 100, site: other, suspected: false, transaction: 'none' },
      { ...lease, heldMs: 41_000 },
      { ...lease, heldMs: 38_000, suspected: false, queryRunning: true },
      { ...lease, heldMs: 39_000, label: 'job' },
      { ...lease, heldMs: 40_000, transaction: 'failed' },
    ]);
    expect(holders.map(formatHolder)).toEqual([
      '3× src/orders.ts:42 createOrder  38s–41s  idle in transaction  ← suspected leak',
      '1× job at src/orders.ts:42 createOrder  39s  idle in transaction  ← suspected leak',
      '1× src/report.ts:42 createOrder  100ms  idle',
    ]);
    expect(holders[0]).toMatchObject({ count: 3, minHeldMs: 38_000, maxHeldMs: 41_000, suspected: 2 });
    expect(Object.isFrozen(holders[0])).toBe(true);
  });

  it('of nothing are none', () => {
    expect(groupHolders([])).toEqual([]);
  });

  it('that run no query yet say so', () => {
    const [holder] = groupHolders([{ ...lease, queries: 0, transaction: 'none', suspected: false }]);
    expect(holder?.state).toBe('no query yet');
  });
});
