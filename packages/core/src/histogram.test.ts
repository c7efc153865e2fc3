import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DURATION_BOUNDS_MS, Histogram, percentileBetween } from './histogram.ts';

const recorded = (...durationsMs: number[]): Histogram => {
  const histogram = new Histogram();
  for (const durationMs of durationsMs) histogram.record(durationMs);
  return histogram;
};

describe('a histogram', () => {
  it('of nothing is all zeros', () => {
    expect(new Histogram().summary()).toEqual({
      count: 0,
      sumMs: 0,
      meanMs: 0,
      p50Ms: 0,
      p95Ms: 0,
      p99Ms: 0,
      maxMs: 0,
      buckets: [0, 0, 0, 0, 0, 0, 0, 0, 0],
    });
  });

  it('counts, sums and keeps the largest exactly', () => {
    expect(recorded(1, 2, 3).summary()).toMatchObject({ count: 3, sumMs: 6, meanMs: 2, maxMs: 3 });
    expect(Object.isFrozen(recorded(1).summary())).toBe(true);
  });

  it('takes what is negative, or no number, for nothing', () => {
    expect(recorded(-1, NaN).summary()).toMatchObject({ count: 2, sumMs: 0, maxMs: 0, p99Ms: 0 });
  });

  it('takes what is longer than 19 hours for that long, in its percentiles', () => {
    const days = 3 * 86_400_000;
    expect(recorded(days).summary()).toMatchObject({ maxMs: days, sumMs: days });
    expect(recorded(days).percentileMs(0.5)).toBeLessThan(days);
  });

  it('separates what is an eighth apart', () => {
    const histogram = recorded(
      ...Array.from({ length: 90 }, () => 10),
      ...Array.from({ length: 10 }, () => 100),
    );
    expect(histogram.percentileMs(0.9)).toBeLessThan(11.25);
    expect(histogram.percentileMs(0.91)).toBe(100);
  });

  it('counts what a bound is exactly as no longer than it', () => {
    expect(recorded(...DURATION_BOUNDS_MS).summary().buckets).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const beyond = DURATION_BOUNDS_MS.map((bound) => bound * (1 + Number.EPSILON));
    expect(recorded(...beyond).summary().buckets).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('counts what is longer than all bounds in none of them', () => {
    expect(recorded(10_000.1, Infinity, -1).summary()).toMatchObject({
      count: 3,
      buckets: [1, 1, 1, 1, 1, 1, 1, 1, 1],
    });
  });

  it('counts exactly how many durations each bound is not exceeded by', () => {
    const near = fc
      .tuple(fc.constantFrom(...DURATION_BOUNDS_MS), fc.double({ min: 0.99, max: 1.01, noNaN: true }))
      .map(([bound, factor]) => bound * factor);
    const any = fc.double({ min: 0, max: 20_000, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.oneof(near, any)), (all) => {
        const exact = DURATION_BOUNDS_MS.map((bound) => all.filter((each) => each <= bound).length);
        expect(recorded(...all).summary().buckets).toEqual(exact);
      }),
    );
  });

  const durations = fc.array(fc.double({ min: 0, max: 3_600_000, noNaN: true }), {
    minLength: 1,
    maxLength: 200,
  });

  it('never gives a percentile too low, nor more than 12.5 % (or a microsecond) too high', () => {
    fc.assert(
      fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (all, quantile) => {
        const sorted = all.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(all.length * quantile) - 1)] as number;
        const estimate = recorded(...all).percentileMs(quantile);
        expect(estimate).toBeGreaterThanOrEqual(exact);
        expect(estimate).toBeLessThanOrEqual(Math.max(exact * 1.125, exact + 0.001) * (1 + 1e-9));
      }),
    );
  });

  it('tells what came between two marks as one that has seen only that', () => {
    fc.assert(
      fc.property(
        durations,
        durations,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (before, since, quantile) => {
          const histogram = recorded(...before);
          const earlier = histogram.mark();
          for (const each of since) histogram.record(each);
          const told = percentileBetween(earlier, histogram.mark(), quantile);
          const exact = recorded(...since).percentileMs(quantile);
          expect(told).toBeGreaterThanOrEqual(exact);
          expect(told).toBeLessThanOrEqual(Math.max(exact * 1.125, exact + 0.001) * (1 + 1e-9));
        },
      ),
    );
  });

  it('tells of no time between two marks that nothing came in', () => {
    const mark = recorded(5, 7).mark();
    expect(percentileBetween(mark, recorded(5, 7).mark(), 0.95)).toBe(0);
    expect(percentileBetween(new Histogram().mark(), new Histogram().mark(), 0.95)).toBe(0);
  });

  it('gives higher percentiles that are not lower, up to the largest', () => {
    fc.assert(
      fc.property(durations, (all) => {
        const { p50Ms, p95Ms, p99Ms, maxMs } = recorded(...all).summary();
        const ascending = [0, p50Ms, p95Ms, p99Ms, maxMs];
        expect(ascending).toEqual(ascending.toSorted((a, b) => a - b));
      }),
    );
  });
});
