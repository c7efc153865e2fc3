import { expect, test } from 'vitest';
import { idleState, leakingState } from '../test/pool-states.ts';
import { readPermissions } from './permissions.ts';
import { planFixes } from './plan-fixes.ts';

test('nothing is planned for a pool that is well', () => {
  expect(planFixes([idleState()], () => 'allowed')).toEqual([]);
});

test('a pool is resumed before leaks are taken back, and dead connections are replaced last', () => {
  const { snapshot, diagnosis, ...rest } = leakingState();
  const [advice] = diagnosis?.recommendations ?? [];
  if (diagnosis === undefined || advice === undefined) throw new Error('the fixture has advice');
  const pools = [
    {
      ...rest,
      snapshot: { ...snapshot, state: 'suspended' as const },
      diagnosis: { ...diagnosis, recommendations: [{ ...advice, rule: 'stale-connections' as const }] },
    },
  ];
  const plan = planFixes(pools, () => 'allowed');
  expect(plan.map(({ action }) => action)).toEqual(['resume', 'reclaim', 'evict']);
});

test('what the pool does not offer is not planned, and what is not allowed is told apart', async () => {
  const { snapshot, ...rest } = leakingState();
  const pools = [{ ...rest, snapshot: { ...snapshot, state: 'suspended' as const } }];
  const index = (actions: string[]) => ({
    get: () =>
      Promise.resolve({ capabilities: { allow: ['resume'] }, pools: [{ name: snapshot.name, actions }] }),
  });
  const plan = planFixes(pools, await readPermissions(index(['resume', 'reclaim'])));
  expect(plan).toMatchObject([
    { action: 'resume', isAllowed: true },
    { action: 'reclaim', isAllowed: false },
  ]);
  expect(planFixes(pools, await readPermissions(index([])))).toEqual([]);
});

test('of an application that does not tell what it allows, all of it is tried', async () => {
  const permissions = await readPermissions({ get: () => Promise.resolve({ pools: 'many' }) });
  expect(planFixes([leakingState()], permissions)).toMatchObject([{ action: 'reclaim', isAllowed: true }]);
});

test('a pool that is only watched promises no error to whoever goes on', () => {
  const { snapshot, ...rest } = leakingState();
  const [fix] = planFixes([{ ...rest, snapshot: { ...snapshot, watchedOnly: true } }], () => 'allowed');
  expect(fix?.effect).not.toContain('LG_');
});
