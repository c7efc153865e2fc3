import { describe, expect, it } from 'vitest';
import { seededRandom } from './random.ts';
import { systemRandom } from './system-random.ts';

const draw = (seed: number, count: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

describe('a seeded generator', () => {
  it('repeats itself from its seed, on every machine', () => {
    expect(draw(42, 3)).toEqual([0.6011037519201636, 0.44829055899754167, 0.8524657934904099]);
    expect(draw(42, 100)).toEqual(draw(42, 100));
    expect(draw(42, 3)).not.toEqual(draw(43, 3));
  });

  it('draws evenly from [0, 1)', () => {
    const drawn = draw(1, 10_000);
    expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
    const tenths = Array.from(
      { length: 10 },
      (_, at) => drawn.filter((value) => Math.floor(value * 10) === at).length,
    );
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(120);
  });
});

describe('the generator of the process', () => {
  it('draws from [0, 1), and not always the same', () => {
    const drawn = Array.from({ length: 100 }, () => systemRandom.next());
    expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(1);
  });
});
