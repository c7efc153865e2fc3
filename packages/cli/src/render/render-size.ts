import { printable } from '@lifeguard/core/adapter';
import type { BudgetOptions, InstanceBudget, WorkerOptions } from '@lifeguard/core';
import { hanging } from '../layout.ts';
import type { Layout } from '../layout.ts';
import type { OfferedLoad } from '../offered-load.ts';
import { durationText, numberText } from './number-text.ts';

type Sizes = Pick<InstanceBudget, 'size' | 'maxOverflow'>;

/** What workers want, with the sum. */
export function renderWorkers({ workers, perWorker, buffer = 0.25 }: WorkerOptions, sizes: Sizes): string {
  return [
    'size = workers × connections per worker × (1 + buffer), rounded up; twice as many as overflow',
    `     = ${workers} × ${perWorker} × (1 + ${buffer}) → ${sizes.size}`,
    '',
    resultOf(sizes),
  ].join('\n');
}

/** What each instance may have, with the sum. */
export function renderBudget(options: BudgetOptions, budget: InstanceBudget): string {
  const { instances, backends, sharing = 1, surge } = options;
  const each = budget.size + budget.maxOverflow;
  const all = Math.round(budget.connections / each);
  const besides = surge ?? all - instances;
  return [
    'size + overflow = (backends − reserve) × sharing ÷ (instances + surge), rounded down',
    `                = (${backends} − ${backends - budget.backends}) × ${sharing} ÷ (${instances} + ${besides}) → ${each}`,
    '',
    resultOf(budget),
    `all instances together open ${budget.connections} connections at the most, of ${budget.backends} backends for pools`,
  ].join('\n');
}

/** What each pool of an application wants, by what is asked of it now. */
export function renderLoads(title: string, loads: readonly OfferedLoad[], layout: Layout): string {
  if (loads.length === 0) return `${printable(title)}\n  no pools`;
  return [printable(title), ...loads.map((load) => renderLoad(load, layout))].join('\n\n');
}

function renderLoad(offered: OfferedLoad, layout: Layout): string {
  const { pool, size, max, elapsedMs, came, meanHeldMs, load, wanted, doubt } = offered;
  const perSecond = elapsedMs > 0 ? (came * 1_000) / elapsedMs : 0;
  const lines = [
    `pool ${printable(pool)}: size ${numberText(size)}, up to ${numberText(max)} with overflow`,
    `  load = acquires per second × time held (Little's law), in ${durationText(elapsedMs)}`,
    `       = ${perSecond.toFixed(1)} × ${durationText(meanHeldMs)} → ${load.toFixed(2)}`,
  ];
  if (wanted === undefined)
    return [...lines, hanging('  no advice: ', doubt ?? 'too little is known', layout)].join('\n');
  return [
    ...lines,
    '  size = load + √load, rounded up, for its swings',
    `       = ${load.toFixed(2)} + ${Math.sqrt(load).toFixed(2)} → ${wanted}`,
    hanging('  ', verdictOf(wanted, size, max), layout),
  ].join('\n');
}

function verdictOf(wanted: number, size: number, max: number): string {
  if (wanted > max)
    return `more than the ${max} it may open: raise size to ${wanted}, if the server has room`;
  if (wanted > size) return `more than its size, and within its overflow: raise size to ${wanted}`;
  return 'it is large enough; lower it only after a look at a time with the highest load';
}

function resultOf({ size, maxOverflow }: Sizes): string {
  return `size ${size}, maxOverflow ${maxOverflow}`;
}
