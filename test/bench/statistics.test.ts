import { describe, expect, it } from 'vitest';
import { ratioOf, slope, summarise } from './statistics.ts';

describe('the statistics of the benchmarks', () => {
  it('have the median and the quartiles, interpolated', () => {
    expect(summarise([4, 1, 3, 2])).toEqual({ median: 2.5, q1: 1.75, q3: 3.25, samples: 4 });
    expect(() => summarise([])).toThrow('no samples');
  });

  it('divide samples of the same round, so that a disturbed round disturbs no ratio', () => {
    expect(ratioOf([2, 40, 6], [1, 20, 3]).median).toBe(2);
    expect(() => ratioOf([1], [1, 2])).toThrow('same rounds');
  });

  it('find the slope of a line', () => {
    expect(slope([0, 1, 2, 3].map((x) => [x, 5 + 2 * x]))).toBeCloseTo(2);
  });
});
