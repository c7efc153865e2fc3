import { expect, it } from 'vitest';
import { ReportLimiter } from './report-limiter.ts';

it('one report of a kind is logged in each interval, and says how many were not', () => {
  const limiter = new ReportLimiter(1_000, 10);
  expect([0, 1, 999].map((at) => limiter.admit('a', at))).toEqual([0, undefined, undefined]);
  expect(limiter.admit('b', 5)).toBe(0);
  expect(limiter.admit('a', 1_000)).toBe(2);
  expect(limiter.admit('a', 2_000)).toBe(0);
});
