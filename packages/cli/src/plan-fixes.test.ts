import { expect, test } from 'vitest';
import { idleState, leakingState } from '../test/pool-states.ts';
import { planFixes } from './plan-fixes.ts';

test('nothing is planned for a pool that is well', () => {
  expect(planFixes([idleState()])).toEqual([]);
});

test('a pool is resumed before leaks are taken back, and dead connections are replaced last', () => {
  const { snapshot, diagnosis, ...rest } = leakingState();
  const [advice] = diagnosis?.recommendations ?? [];
  if (diagnosis === undefined || advice === undefined) throw new Error('the fixture has advice');
  const plan = planFixes([
    {
      ...rest,
      snapshot: { ...snapshot, state: 'suspended' },
      diagnosis: { ...diagnosis, recommendations: [{ ...advice, rule: 'stale-connections' }] },
    },
  ]);
  expect(plan.map(({ action }) => action)).toEqual(['resume', 'reclaim', 'evict']);
});
