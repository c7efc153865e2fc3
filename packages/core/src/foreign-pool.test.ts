import { expect, test } from 'vitest';
import { ForeignPool } from './foreign-pool.ts';
import type { ForeignPoolParts } from './foreign-pool.ts';
import type { ForeignCounts } from './foreign-pool-view.ts';
import { LeaseRevokedError } from './errors.ts';
import type { LeaseRecord } from './lease-record.ts';
import { resolvePoolOptions } from './resolve-pool-options.ts';
import { ManualClock } from './testing/manual-clock.ts';

interface Connection {
  readonly at: string;
}

const COUNTS: ForeignCounts = { used: 1, idle: 2, connecting: 0, waiting: 0, max: 4, state: 'open' };

function makeForeign(parts: Partial<ForeignPoolParts<Connection>> = {}) {
  const clock = new ManualClock();
  const logged: string[] = [];
  const log = (_: object, message: string): unknown => logged.push(message);
  const foreign = new ForeignPool<Connection>({
    options: resolvePoolOptions({
      name: 'theirs',
      clock,
      leakThresholdMs: 1_000,
      monitorIntervalMs: 100,
      stacks: { mode: 'always' },
      logger: { warn: log, error: log },
    }),
    counts: () => COUNTS,
    facts: () => ({ server: 'there' }),
    ...parts,
  });
  return { foreign, clock, logged, connection: { at: 'there' } };
}

test('a caller is followed from its question to its release', async () => {
  const { foreign, clock, connection } = makeForeign();
  const told: string[] = [];
  for (const event of ['connect', 'acquire', 'release', 'close'] as const)
    foreign.on(event, () => told.push(event));
  const wait = foreign.ask();
  await clock.advance(20);
  expect(foreign.pending).toBe(1);
  expect(foreign.snapshot()).toMatchObject({
    name: 'theirs',
    pending: 1,
    oldestWaitMs: 20,
    waiters: [
      { waitedMs: 20, timeoutMs: 30_000, site: { file: expect.stringContaining('foreign-pool.test') } },
    ],
  });
  foreign.connected(connection, 15);
  foreign.connected({ at: 'before anybody looked' });
  const record = foreign.grant(wait, connection);
  expect(foreign.grant(wait, connection)).toBeUndefined();
  expect(foreign.snapshot()).toMatchObject({
    leases: [{ id: 1 }],
    createTime: { count: 1 },
    facts: { server: 'there' },
  });
  await clock.advance(30);
  if (record !== undefined) {
    expect(foreign.release(record, false)).toBe(true);
    expect(foreign.release(record, false)).toBe(false);
  }
  foreign.left(connection, 'destroyed');
  expect(told).toEqual(['connect', 'connect', 'acquire', 'release', 'close']);
  const { waitTime, useTime, counters } = foreign.snapshot();
  expect(waitTime).toMatchObject({ count: 1, maxMs: 20 });
  expect(useTime).toMatchObject({ count: 1, maxMs: 30 });
  expect(counters).toMatchObject({ acquired: 1, released: 1, connected: 2, closed: 1 });
});

test('whoever gets none is counted by the reason, once', () => {
  const { foreign, connection } = makeForeign();
  const error = new Error('no route');
  for (const why of ['timeout', 'connect-failed', 'closed'] as const) {
    const wait = foreign.ask();
    foreign.refuse(wait, why, error);
    foreign.refuse(wait, why, error);
  }
  const forgotten = foreign.ask();
  foreign.forget(forgotten);
  expect(foreign.grant(forgotten, connection)).toBeUndefined();
  expect(foreign.glance()).toMatchObject({
    pending: 0,
    lastConnectError: 'no route',
    counters: { timeouts: 1, connectFailures: 1, rejected: 1, acquired: 0 },
  });
  foreign.connected(connection);
  expect(foreign.glance().lastConnectError).toBeUndefined();
});

test('a leak is reported, and nobody takes it back where that cannot be done', async () => {
  const { foreign, clock, logged, connection } = makeForeign();
  const record = foreign.grant(foreign.ask(), connection) as LeaseRecord;
  await clock.advance(1_200);
  expect(foreign.snapshot().reports).toHaveLength(1);
  expect(logged[0]).toContain('pool "theirs"');
  expect(foreign.reclaim()).toBe(0);
  expect(foreign.revoke(record, 'operator', undefined)).toBe(false);
  expect(foreign.tracker.used).toBe(1);
});

test('what is taken back is taken by the adapter, and is told with its reason', async () => {
  const taken: [Connection, Error][] = [];
  const { foreign, clock, connection } = makeForeign({ take: (...what) => taken.push(what) });
  const record = foreign.grant(foreign.ask(), connection);
  foreign.grant(foreign.ask(), { at: 'another place' });
  await clock.advance(900);
  record?.queryStarted('select 1');
  await clock.advance(300);
  expect(foreign.reclaim()).toBe(1);
  expect(taken).toEqual([[{ at: 'another place' }, expect.any(LeaseRevokedError)]]);
  expect(foreign.snapshot().counters).toMatchObject({ revoked: 1, reclaimed: 1, released: 0 });
});

test('a deadline takes nothing; an operator does, once, and is named as the reason', () => {
  const taken: Error[] = [];
  const { foreign, connection } = makeForeign({ take: (_, error) => taken.push(error) });
  const record = foreign.grant(foreign.ask(), connection) as LeaseRecord;
  expect(foreign.revoke(record, 'session-timeout', undefined)).toBe(false);
  expect(foreign.revoke(record, 'operator', 'a test')).toBe(true);
  expect(foreign.revoke(record, 'operator', 'a test')).toBe(false);
  expect(taken).toMatchObject([{ reason: 'operator', cause: 'a test' }]);
});

test('its past is kept while somebody holds a connection, and its peak with it', async () => {
  const { foreign, clock } = makeForeign();
  const records = ['a', 'b', 'c'].map((at) => foreign.grant(foreign.ask(), { at }));
  for (const record of records.slice(1)) if (record !== undefined) foreign.release(record, false);
  await clock.advance(6_000);
  const samples = foreign.history();
  expect(samples.length).toBeGreaterThan(1);
  expect(samples[0]).toMatchObject({ peakUsed: 3, used: 1 });
  expect(samples.at(-1)).toMatchObject({ peakUsed: 1 });
});

test('once stopped it holds nothing, and says nothing of how it ended', async () => {
  const { foreign, clock, connection } = makeForeign();
  foreign.grant(foreign.ask(), connection);
  foreign.stop();
  await clock.advance(5_000);
  expect(foreign.snapshot()).toMatchObject({ leases: [], reports: [], counters: { released: 0 } });
});

test('durations are told, and a failure of the adapter is logged', async () => {
  const { foreign, connection, logged } = makeForeign();
  const heard: string[] = [];
  foreign.observeDurations((durations) => heard.push(...durations.map(({ of }) => of)));
  const record = foreign.grant(foreign.ask(), connection);
  if (record !== undefined) foreign.release(record, true);
  await Promise.resolve();
  expect(heard).toEqual(['wait', 'use']);
  foreign.failed('adapter', new Error('oh'));
  expect(logged).toEqual(['a listener of "adapter" failed: oh']);
});
