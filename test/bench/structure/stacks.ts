import { runChild } from '../child.ts';
import { inRounds } from '../rounds.ts';
import { summarise } from '../statistics.ts';
import { atLeast, atMost, figure } from '../suite.ts';
import type { Plan, Suite, SuiteResult } from '../suite.ts';
import type { StacksInput, StacksResult } from './stacks-sample.ts';

const RATES = [100, 500, 1_000, 10_000, 100_000] as const;
/** Up to here every lease shall have a stack. */
const COVERED_BELOW = 1_000;
const SHAPES = 4;

export const stacks: Suite = {
  name: 'stacks',
  title: 'Stacks within their budget, and dropped handles',
  method:
    'Acquires at a fixed rate, seven functions deep. The share of a core is what the process takes with stacks less what it ' +
    'takes without, in slices of a second that take turns. Coverage is the share of leases that have a stack. Dropped handles: ' +
    'four shapes of code that lose a lease, in a program where each acquire has its stack; found is what the garbage collector ' +
    'has told of within 20 seconds.',
  run,
};

async function run(plan: Plan): Promise<SuiteResult> {
  plan.note('budget');
  const samples = await inRounds(RATES.map(String), plan.short ? 1 : 3, (rate) => {
    const input: StacksInput = { perSecond: Number(rate), slices: plan.short ? 5 : 15 };
    return runChild<StacksResult>('structure/stacks-sample.ts', input, { limitMs: 120_000 });
  });
  plan.note('dropped handles');
  const { found } = await runChild<{ found: string[] }>('../../packages/core/test/collected.ts', {});
  const median = (rate: number, key: keyof StacksResult): number =>
    summarise((samples.get(String(rate)) ?? []).map((sample) => sample[key])).median;
  const percent = (share: number): string => `${figure(share * 100)} %`;
  return {
    tables: [
      {
        title: 'Stacks',
        columns: ['acquires per second', 'reached', 'share of a core', 'leases with a stack'],
        rows: RATES.map((rate) => [
          rate.toLocaleString('en'),
          Math.round(median(rate, 'reached')).toLocaleString('en'),
          percent(median(rate, 'share')),
          percent(median(rate, 'coverage')),
        ]),
      },
    ],
    targets: [
      atMost(
        'Stacks: share of a core',
        1,
        Math.max(...RATES.map((rate) => median(rate, 'share'))) * 100,
        ' %',
      ),
      atLeast(
        'Stacks: coverage below 1,000 acquires/s',
        100,
        Math.min(...RATES.filter((rate) => rate < COVERED_BELOW).map((rate) => median(rate, 'coverage'))) *
          100,
        ' %',
      ),
      atLeast('Shapes of dropped handles found, of 4', SHAPES, found.length, ''),
    ],
    samples: { budget: Object.fromEntries(samples), found },
  };
}
