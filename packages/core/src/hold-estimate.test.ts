import { describe, expect, it } from 'vitest';
import { HoldEstimate } from './hold-estimate.ts';

const times = (count: number, what: (at: number) => void): void => {
  for (let at = 0; at < count; at += 1) what(at);
};

describe('how long leases are held', () => {
  it('is unknown until twenty were given back', () => {
    const hold = new HoldEstimate();
    times(19, () => hold.note(20));
    expect([hold.meanMs, hold.cautiousMs]).toEqual([0, 0]);
    hold.note(20);
    expect(hold.meanMs).toBeCloseTo(20);
  });

  it('is the mean, and no more to be cautious where all are alike', () => {
    const hold = new HoldEstimate();
    times(500, () => hold.note(20));
    expect(hold.meanMs).toBeCloseTo(20);
    expect(hold.cautiousMs).toBeCloseTo(20, 0);
  });

  it('is cautiously more where they differ: nearly all stay below it', () => {
    const hold = new HoldEstimate();
    times(500, (at) => hold.note(at % 2 === 0 ? 10 : 30));
    expect(hold.meanMs).toBeCloseTo(20, 0);
    expect(hold.cautiousMs).toBeCloseTo(60, 0);
  });

  it('follows a change', () => {
    const hold = new HoldEstimate();
    times(1_000, () => hold.note(20));
    times(500, () => hold.note(200));
    expect(hold.meanMs).toBeGreaterThan(195);
  });
});
