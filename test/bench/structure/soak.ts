import { runChild } from '../child.ts';
import { slope, summarise } from '../statistics.ts';
import { atMost, figure } from '../suite.ts';
import type { Plan, Suite, SuiteResult } from '../suite.ts';
import type { SoakResult } from './soak-sample.ts';

/** The first third fills caches, and compiles. */
const SETTLED_AFTER = 1 / 3;

export const soak: Suite = {
  name: 'soak',
  title: 'Soak',
  method:
    '100 callers on 10 + 5 connections for minutes: short holds, sessions, signals that abort the wait, timeouts, leaks that ' +
    'are reported, connections that are destroyed or reach their age. The heap is measured 30 times after a collection; growth is ' +
    'the slope of a line through the last two thirds, over the whole time.',
  run,
};

async function run({ minutes, note }: Plan): Promise<SuiteResult> {
  note(`${minutes} minutes`);
  const limitMs = minutes * 60_000 + 60_000;
  const result = await runChild<SoakResult>('structure/soak-sample.ts', { minutes }, { limitMs });
  const settled = result.heap.filter(([minute]) => minute > minutes * SETTLED_AFTER);
  const growth = slope(settled) * minutes;
  const megabytes = summarise(settled.map(([, size]) => size));
  return {
    tables: [
      {
        title: `${minutes} minutes`,
        columns: ['cycles', 'waits that ended without', 'reports', 'heap, MB', 'quartiles', 'growth, MB'],
        rows: [
          [
            result.cycles.toLocaleString('en'),
            result.timeouts.toLocaleString('en'),
            result.reports.toLocaleString('en'),
            figure(megabytes.median),
            `${figure(megabytes.q1)}–${figure(megabytes.q3)}`,
            figure(growth),
          ],
        ],
      },
    ],
    targets: [atMost('Heap growth over the soak', 1, growth, ' MB')],
    samples: result,
  };
}
