import { describe, expect, it } from 'vitest';
import { runChild } from '../child.ts';
import type { Pattern } from '../micro/patterns.ts';
import type { BudgetInput, BudgetResult } from './sample.ts';

/**
 * What a cycle may cost in things that can be counted, beside the least that could be there. Bytes are the same in each run
 * of one version of Node, give or take one in a hundred; a tenth is left for other versions. Lower them when you can.
 */
const BUDGETS = [
  { pool: 'lifeguard', pattern: 'sequential', bare: 'bare-minimum', ticks: 0, promises: 0, bytes: 680 },
  { pool: 'lifeguard', pattern: 'contended', bare: 'bare-queue', ticks: 0, promises: 0, bytes: 1_310 },
  // `connect` hands out pg's client in place of our lease: one promise, and a microtask, more.
  {
    pool: 'lifeguard-pool',
    pattern: 'sequential',
    bare: 'bare-minimum',
    ticks: 1,
    promises: 1,
    bytes: 1_400,
  },
  { pool: 'lifeguard-pool', pattern: 'contended', bare: 'bare-queue', ticks: 1, promises: 1, bytes: 2_010 },
] as const;

/** The first caller of a turn sets an immediate, for the clock; the first waiter a timer, for all deadlines. */
const TIMERS_A_TURN = 2;

/** No collection in between; and nothing is compiled at another moment than the last time. */
const FLAGS = [
  '--min-semi-space-size=256',
  '--max-semi-space-size=256',
  '--no-concurrent-recompilation',
] as const;

function sample(pool: string, pattern: Pattern): Promise<BudgetResult> {
  return runChild<BudgetResult>('budget/sample.ts', { pool, pattern } satisfies BudgetInput, {
    flags: FLAGS,
  });
}

describe.each(BUDGETS)('a cycle of $pool, $pattern', ({ pool, pattern, bare, ticks, promises, bytes }) => {
  it('stays within its budget of microtasks, promises, timers and bytes', async () => {
    const least = await sample(bare, pattern);
    const cycle = await sample(pool, pattern);
    expect(cycle.ticks - least.ticks).toBeLessThanOrEqual(ticks);
    expect(cycle.promises - least.promises).toBeLessThan(promises + 0.01);
    expect(cycle.timers).toBeLessThanOrEqual(TIMERS_A_TURN);
    expect(cycle.bytes).toBeLessThanOrEqual(bytes);
    // Else nothing was measured.
    expect(cycle.bytes).toBeGreaterThan(least.bytes);
  });
});
