import { describe, expect, test } from 'vitest';
import { LONG, planLoad, SHORT } from './load-plan.ts';

describe.each([
  ['long', LONG],
  ['short', SHORT],
])('the %s load', (_name, shape) => {
  const plan = planLoad(shape, 1);

  test('is the same for the same seed, and another for another', () => {
    expect(planLoad(shape, 1)).toEqual(plan);
    expect(planLoad(shape, 2)).not.toEqual(plan);
  });

  test('is in the order of time and ends in time', () => {
    expect(plan.map(({ atMs }) => atMs)).toEqual(plan.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
    expect(plan.at(-1)?.atMs).toBeLessThan(shape.durationMs);
  });

  test('calls every planted mistake, more often than there are connections', () => {
    const planted = plan.filter(({ kind }) => kind === 'leak');
    expect(planted).toHaveLength(shape.sprinkle.count + shape.burst.count);
    expect(new Set(planted.map(({ path }) => path.split('?')[0]))).toEqual(
      new Set(['/demo/refunds', '/demo/prices', '/demo/payments', '/demo/export']),
    );
  });

  test('has more requests that need two connections at once than there are, before anything leaks', () => {
    const nested = plan.filter(({ kind }) => kind === 'nested');
    const firstLeakAtMs = Math.min(...plan.filter(({ kind }) => kind === 'leak').map(({ atMs }) => atMs));
    expect(nested.length).toBeGreaterThan(10);
    expect(Math.max(...nested.map(({ atMs }) => atMs)) + 1_000).toBeLessThan(firstLeakAtMs);
  });

  test('leaves time to recover before its last part', () => {
    const lastLeakAtMs = Math.max(...plan.filter(({ kind }) => kind === 'leak').map(({ atMs }) => atMs));
    expect(lastLeakAtMs + 2_000).toBeLessThan(shape.durationMs - shape.lastPartMs);
  });
});
