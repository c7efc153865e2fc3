import { sizeForWorkers, sizePerInstance } from '@lifeguard/core';
import type { BudgetOptions, WorkerOptions } from '@lifeguard/core';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { openSource } from '../admin-source.ts';
import type { TargetOptions } from '../admin-source.ts';
import type { CommandContext } from '../command-context.ts';
import { offeredLoads } from '../offered-load.ts';
import { readState } from '../pool-state.ts';
import { renderBudget, renderLoads, renderWorkers } from '../render/render-size.ts';
import { UsageError } from '../usage-error.ts';
import { withTarget } from './target-options.ts';

type SizeOptions = TargetOptions &
  Partial<WorkerOptions> &
  Partial<BudgetOptions> & { readonly watch: number };

/** `lifeguard size`: how large a pool should be, with the sum. */
export function addSize(program: Command, context: CommandContext): void {
  withTarget(program.command('size').description('compute how large a pool should be'))
    .option('--workers <count>', 'of one instance, that run at the same time', readNumber)
    .option('--per-worker <count>', 'connections of a worker at a time', readNumber)
    .option('--buffer <share>', 'added for peaks, 0.25 for a quarter', readNumber)
    .option('--instances <count>', 'application processes that have a pool', readNumber)
    .option('--backends <count>', 'connections that the server allows', readNumber)
    .option('--reserve <count>', 'backends that no pool may take', readNumber)
    .option('--surge <count>', 'instances besides, during a deployment', readNumber)
    .option('--sharing <count>', 'connections to a backend, behind a pooler', readNumber)
    .option('--overflow-share <share>', 'which part may be overflow', readNumber)
    .option(
      '--watch <seconds>',
      'without workers and instances: how long the target is watched',
      readNumber,
      10,
    )
    .action((options: SizeOptions) => size(options, context));
}

function readNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It is a number.');
}

async function size(options: SizeOptions, context: CommandContext): Promise<void> {
  const { workers, perWorker, buffer, instances, backends } = options;
  const isWorkers = workers !== undefined || perWorker !== undefined || buffer !== undefined;
  const isBudget = BUDGET.some((name) => options[name] !== undefined);
  if (isWorkers && isBudget)
    throw new UsageError('what workers want and what the server allows are two sums', [
      ['fix', 'ask for one, then for the other; take the smaller'],
    ]);
  if (isWorkers) {
    if (workers === undefined || perWorker === undefined) throw missing('--workers', '--per-worker');
    const given = { workers, perWorker, ...(buffer === undefined ? {} : { buffer }) };
    return context.print(renderWorkers(given, sizeForWorkers(given)));
  }
  if (!isBudget) return sizeOfTarget(options, context);
  if (instances === undefined || backends === undefined) throw missing('--instances', '--backends');
  const given = { ...pick(options), instances, backends };
  context.print(renderBudget(given, sizePerInstance(given)));
}

const BUDGET = ['instances', 'backends', 'reserve', 'surge', 'sharing', 'overflowShare'] as const;

function pick(options: SizeOptions): Partial<BudgetOptions> {
  return Object.fromEntries(
    BUDGET.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}

function missing(one: string, other: string): UsageError {
  return new UsageError(`this sum needs ${one} and ${other}`, [['fix', 'give both']]);
}

/** Shortest and longest time that a target is watched, in seconds. */
const WATCH = { least: 0.1, most: 600 };

async function sizeOfTarget({ watch, ...target }: SizeOptions, context: CommandContext): Promise<void> {
  if (watch < WATCH.least || watch > WATCH.most)
    throw new UsageError('--watch is out of range', [
      ['expected', `${WATCH.least} to ${WATCH.most} seconds`],
    ]);
  const source = await openSource(target);
  const before = await readState(source, target.pool);
  context.note(`watching ${source.title} for ${watch} s …`);
  await new Promise<void>((resolve) => {
    context.io.clock.setTimer(watch * 1_000, resolve, { keepAlive: true });
  });
  const after = await readState(source, target.pool);
  context.print(renderLoads(source.title, offeredLoads(before.pools, after.pools), context.io));
}
