import { describe, expect, it } from 'vitest';
import { OverloadEstimator } from './overload-estimator.ts';
import { seededRandom } from './random.ts';

/** An estimator that looks back on a second, and a load to show it: so many a second come and are served, evenly. */
function makeEstimator() {
  const estimator = new OverloadEstimator(1_000);
  let now = 0;
  const play = (ms: number, arrivalsPerSecond: number, servedPerSecond: number): void => {
    let [arrivals, served] = [0, 0];
    for (const endAt = now + ms; now < endAt; now += 1) {
      for (arrivals += arrivalsPerSecond / 1_000; arrivals >= 1; arrivals -= 1) estimator.arrived(now);
      for (served += servedPerSecond / 1_000; served >= 1; served -= 1) estimator.served(now);
    }
  };
  return { estimator, play, now: () => now, wait: (ms: number) => (now += ms) };
}

describe('an overload', () => {
  it('is known after a second in which more came than were served, with both rates', () => {
    const { estimator, play } = makeEstimator();
    play(900, 1_000, 500);
    expect([estimator.isOverloaded, estimator.places]).toEqual([false, Infinity]);
    play(200, 1_000, 500);
    expect(estimator.isOverloaded).toBe(true);
    expect(estimator.arrivalsPerSecond).toBeCloseTo(1_000, -2);
    expect(estimator.servedPerSecond).toBeCloseTo(500, -2);
  });

  it.each([
    [1.1, 60, 110],
    [1.5, 12, 14],
    [2, 7, 8],
    [10, 2, 3],
    [1_000, 1, 1],
  ])(
    'of %s times the capacity leaves a queue that is just long enough: from %s to %s',
    (excess, low, high) => {
      const { estimator, play } = makeEstimator();
      play(3_000, 500 * excess, 500);
      expect(estimator.places).toBeGreaterThanOrEqual(low);
      expect(estimator.places).toBeLessThanOrEqual(high);
    },
  );

  it('that is too small to be told from chance limits nothing', () => {
    const { estimator, play } = makeEstimator();
    play(3_000, 520, 500);
    expect([estimator.isOverloaded, estimator.places]).toEqual([true, Infinity]);
  });

  it('is over when no more come than are served, over the whole second', () => {
    const { estimator, play } = makeEstimator();
    play(2_000, 1_000, 500);
    play(500, 450, 500);
    expect(estimator.isOverloaded).toBe(true);
    play(800, 450, 500);
    expect([estimator.isOverloaded, estimator.places]).toEqual([false, Infinity]);
  });

  it('is not what a burst is, however many come at once', () => {
    const { estimator, play, now } = makeEstimator();
    for (let each = 0; each < 100_000; each += 1) estimator.arrived(now());
    play(5_000, 0, 500);
    for (let each = 0; each < 100_000; each += 1) estimator.arrived(now());
    play(5_000, 400, 500);
    expect(estimator.isOverloaded).toBe(false);
  });

  it('is not known of a pool that serves nobody', () => {
    const { estimator, play } = makeEstimator();
    play(10_000, 1_000, 0);
    expect([estimator.isOverloaded, estimator.arrivalsPerSecond, estimator.servedPerSecond]).toEqual([
      false,
      0,
      0,
    ]);
    // The first that are served again say nothing of the time before.
    play(300, 500, 500);
    expect(estimator.isOverloaded).toBe(false);
  });

  it('is forgotten when nobody has waited for a while, and not when the queue was empty for a moment', () => {
    const { estimator, play, now, wait } = makeEstimator();
    play(2_000, 1_000, 500);
    estimator.emptied(now());
    wait(100);
    estimator.arrived(now());
    expect(estimator.isOverloaded).toBe(true);
    estimator.emptied(now());
    wait(300);
    estimator.arrived(now());
    expect(estimator.isOverloaded).toBe(false);
  });

  it('is hardly ever seen by chance at exactly the capacity, and then limits next to nothing', () => {
    const random = seededRandom(5);
    const estimator = new OverloadEstimator(1_000);
    let limited = 0;
    for (let now = 0; now < 600_000; now += 1) {
      if (random.next() < 0.5) estimator.arrived(now);
      if (now % 2 === 0) estimator.served(now);
      if (estimator.places < 100) limited += 1;
    }
    expect(limited / 600_000).toBeLessThan(0.02);
  });
});
