import { ManualClock } from '@lifeguard/core/testing';
import type { LeaseRecord } from '@lifeguard/core';
import { expect, test } from 'vitest';
import { PoolerWatch } from './pooler-watch.ts';

const limits = { statement_timeout: 30_000 };

test('nothing is known until a connection was asked, and a pooler that is found is told of once', () => {
  const found: unknown[] = [];
  const watch = new PoolerWatch(new ManualClock(), 'auto', {
    onFound: () => found.push(watch.isBehind),
  });
  expect(watch.isBehind).toBeUndefined();
  watch.learn({ limits, behindPooler: false });
  expect([watch.isBehind, watch.knownLimits, found]).toEqual([false, undefined, []]);
  watch.learn({ limits, behindPooler: true });
  watch.learn({ limits, behindPooler: true });
  expect([watch.isBehind, found]).toEqual([true, [true]]);
  // After a move to a server without one.
  watch.learn({ limits, behindPooler: false });
  expect([watch.isBehind, watch.knownLimits]).toEqual([false, undefined]);
});

test.each([
  ['transaction', true],
  ['none', false],
] as const)('what is declared is not doubted: %s', (pooler, declared) => {
  const watch = new PoolerWatch(new ManualClock(), pooler, { onFound: () => expect.unreachable() });
  expect(watch.isBehind).toBe(declared);
  watch.learn({ limits, behindPooler: !declared });
  expect(watch.isBehind).toBe(declared);
});

test('behind a pooler the limits are asked for once a minute', async () => {
  const clock = new ManualClock();
  const watch = new PoolerWatch(clock, 'transaction');
  expect(watch.knownLimits).toBeUndefined();
  watch.learn({ limits, behindPooler: true });
  await clock.advance(60_000);
  expect(watch.knownLimits).toEqual(limits);
  await clock.advance(1);
  expect(watch.knownLimits).toBeUndefined();
});

test('the first statement that changes a backend session is told of, and only behind a pooler', () => {
  const record = {} as LeaseRecord;
  const told: string[] = [];
  const listener = { onAltered: (sql: string) => told.push(sql) };
  new PoolerWatch(new ManualClock(), 'auto', listener).notice('set search_path = a', record);
  const watch = new PoolerWatch(new ManualClock(), 'transaction', listener);
  for (const sql of [undefined, 'select 1', 'set local a.b = 1', 'set a.b = 1', 'listen a'])
    watch.notice(sql, record);
  expect(told).toEqual(['set a.b = 1']);
});
