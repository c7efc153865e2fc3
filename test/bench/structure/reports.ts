import { runChild } from '../child.ts';
import { inRounds } from '../rounds.ts';
import { summarise } from '../statistics.ts';
import { atMost, figure } from '../suite.ts';
import type { Plan, Suite, SuiteResult, Target } from '../suite.ts';
import type { ReportsInput, ReportsResult } from './reports-sample.ts';

const WHAT: Readonly<Record<ReportsInput['what'], string>> = {
  nothing: 'nothing is looked at',
  sweep: 'reading the stacks in the sweep',
  leaks: 'reporting all as leaks, with the default log',
  snapshot: 'a snapshot right after the acquires',
};
const MAPS = ' --enable-source-maps';
/** New space that is large enough for all of it: a collection that waits for its helpers would be measured instead. */
const NO_COLLECTIONS = ['--min-semi-space-size=128', '--max-semi-space-size=128'];

export const reports: Suite = {
  name: 'reports',
  title: 'A look at 1,000 leases with stacks',
  method:
    'The longest time for which the event loop is blocked at once while 1,000 leases of 40 places, 14 calls deep, are looked ' +
    'at. A sweep reads 200 stacks and reports 100 leases at most; the longest block of each sweep, the median of the sweeps of ' +
    'a process, then that of fresh processes with its quartiles. Collections, and where the system tells it the turns of ' +
    'other processes on the processor, are not counted.',
  run,
};

async function run(plan: Plan): Promise<SuiteResult> {
  const cases = Object.keys(WHAT).flatMap((what) => [what, `${what}${MAPS}`]);
  const samples = await inRounds(cases, plan.short ? 3 : 9, (name) => {
    const [what, ...flags] = name.split(' ') as [ReportsInput['what'], ...string[]];
    return runChild<ReportsResult>(
      'structure/reports-sample.ts',
      { what },
      {
        flags: [...NO_COLLECTIONS, ...flags],
      },
    );
  });
  const longest = (name: string) => summarise((samples.get(name) ?? []).map(({ longestMs }) => longestMs));
  const cell = (name: string): string => {
    const { median, q1, q3 } = longest(name);
    return `${figure(median)} (${figure(q1)}–${figure(q3)})`;
  };
  const target = (what: ReportsInput['what'], limitMs: number, suffix = ''): Target =>
    atMost(
      `${WHAT[what]}: longest block${suffix && ', with source maps'}`,
      limitMs,
      longest(`${what}${suffix}`).median,
      ' ms',
    );
  return {
    tables: [
      {
        title: 'Longest block of the event loop, ms',
        columns: ['', 'without source maps', 'with --enable-source-maps'],
        rows: Object.entries(WHAT).map(([what, text]) => [text, cell(what), cell(`${what}${MAPS}`)]),
      },
    ],
    targets: (['sweep', 'leaks', 'snapshot'] as const).flatMap((what) => [
      target(what, 1),
      target(what, 2, MAPS),
    ]),
    samples: Object.fromEntries(samples),
  };
}
