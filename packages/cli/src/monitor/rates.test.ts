import { expect, test } from 'vitest';
import { busyPool, busyPoolLater, lookOf } from '../../test/monitor-looks.ts';
import { ratesOf } from './look.ts';
import { rateText, ratesBetween } from './rates.ts';

const before = busyPool().snapshot;
const after = busyPoolLater().snapshot;

test('what happened between two looks is the difference of what is counted', () => {
  expect(ratesBetween(before, after)).toEqual({
    elapsedMs: 5_000,
    acquiredPerSecond: 2,
    timeouts: 1,
    meanWaitMs: 120,
    meanHeldMs: 200,
  });
});

test('when nobody came there is no mean', () => {
  const later = busyPool({ at: '2026-01-01T12:00:05.000Z' }).snapshot;
  expect(ratesBetween(before, later)).toMatchObject({ acquiredPerSecond: 0, meanWaitMs: undefined });
});

test('counters that have begun anew give no rates, least of all negative ones', () => {
  expect(ratesBetween(after, before)).toBeUndefined();
  const anew = { ...after, counters: { ...after.counters, acquired: 0, released: 0, timeouts: 0 } };
  expect(ratesBetween(before, anew)).toBeUndefined();
  expect(ratesBetween(before, { ...after, at: 'yesterday' })).toBeUndefined();
});

test('two processes are not compared, also when the later one has counted further', () => {
  const first = lookOf({ pid: 1 });
  const later = lookOf({ pid: 2, pools: [busyPoolLater()] });
  expect(ratesOf(first, later, 'main')).toBeUndefined();
  expect(ratesOf(first, { ...later, application: first.application }, 'main')).toBeDefined();
  expect(ratesOf(first, { ...later, application: first.application }, 'other')).toBeUndefined();
});

test('a rate is short', () => {
  expect([0, 2.25, 99.94, 12_345.6].map(rateText)).toEqual(['0.0/s', '2.3/s', '99.9/s', '12346/s']);
});
