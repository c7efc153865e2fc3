import { printable } from '@lifeguard/core/adapter';
import { hanging } from '../layout.ts';
import type { Layout } from '../layout.ts';
import { paintGrade } from '../paint.ts';
import type { Paint } from '../paint.ts';
import { howToAllow } from '../plan-fixes.ts';
import type { Fix } from '../plan-fixes.ts';
import type { PoolState } from '../pool-state.ts';
import { numberText } from './number-text.ts';

const SENTENCE = 1_000;

/** What is wrong with each pool, and what can be done at once. */
export function renderPlan(
  title: string,
  pools: readonly PoolState[],
  plan: readonly Fix[],
  paint: Paint,
  layout: Layout,
): string {
  const found = pools.flatMap((pool) => [
    `pool ${paint('bold', printable(pool.snapshot.name))}: ${paintGrade(paint, pool.health)}`,
    ...problemsOf(pool).map((problem) => hanging('  - ', printable(problem, SENTENCE), layout)),
  ]);
  return [paint('bold', printable(title)), '', ...found, '', ...planOf(plan, layout)].join('\n');
}

function problemsOf({ reasons, diagnosis }: PoolState): readonly string[] {
  const advice = diagnosis?.recommendations.filter(({ severity }) => severity !== 'info') ?? [];
  return [...new Set([...reasons, ...advice.map(({ summary }) => summary)])];
}

function planOf(plan: readonly Fix[], layout: Layout): string[] {
  if (plan.length === 0) return ['nothing can be done from outside; lifeguard diagnose has the advice'];
  const allowed = plan.filter(({ isAllowed }) => isAllowed);
  const refused = plan.filter(({ isAllowed }) => !isAllowed);
  return [
    ...(allowed.length === 0
      ? []
      : ['can be done at once', ...allowed.map((fix, index) => fixOf(fix, `${index + 1}.`, layout))]),
    ...(refused.length === 0
      ? []
      : ['could be done, if the application allowed it', ...refused.map((fix) => fixOf(fix, '-', layout))]),
  ];
}

function fixOf({ pool, action, why, effect, isAllowed }: Fix, mark: string, layout: Layout): string {
  const how = isAllowed ? '' : ` (${howToAllow(action)})`;
  return hanging(`  ${mark} `, `${action} ${printable(pool)}: ${why}; ${effect}${how}`, layout);
}

/** Each pool before and after. */
export function renderImprovement(
  before: readonly PoolState[],
  after: readonly PoolState[],
  paint: Paint,
): string {
  return after
    .map((now) => {
      const was = before.find(({ snapshot }) => snapshot.name === now.snapshot.name);
      const health =
        was === undefined || was.health === now.health
          ? `${paintGrade(paint, now.health)}${was === undefined ? '' : ' as before'}`
          : `${paintGrade(paint, was.health)} → ${paintGrade(paint, now.health)}`;
      return `pool ${printable(now.snapshot.name)}: ${health}, ${changesOf(was, now).join(', ')}`;
    })
    .join('\n');
}

function changesOf(was: PoolState | undefined, now: PoolState): string[] {
  const change = (label: string, of: (pool: PoolState) => number): string => {
    const before = was === undefined ? of(now) : of(was);
    return before === of(now)
      ? `${label} ${numberText(of(now))}`
      : `${label} ${numberText(before)} → ${numberText(of(now))}`;
  };
  return [
    change('suspected leaks', ({ snapshot }) => snapshot.leases.filter((lease) => lease.suspected).length),
    change('in use', ({ snapshot }) => snapshot.used),
    change('pending', ({ snapshot }) => snapshot.pending),
  ];
}
