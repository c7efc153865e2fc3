import { AdminError } from '@lifeguard/admin';
import { printable } from '@lifeguard/core/adapter';
import type { Command } from 'commander';
import { openSource } from '../admin-source.ts';
import type { AdminSource, TargetOptions } from '../admin-source.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, worstHealth } from '../exit-code.ts';
import { readPermissions } from '../permissions.ts';
import { howToAllow, planFixes } from '../plan-fixes.ts';
import type { Fix } from '../plan-fixes.ts';
import { readState } from '../pool-state.ts';
import type { PoolState } from '../pool-state.ts';
import { renderImprovement, renderPlan } from '../render/render-plan.ts';
import { UsageError } from '../usage-error.ts';
import { noteOmitted } from './status.ts';
import { withTarget } from './target-options.ts';

interface HealthCheckOptions extends TargetOptions {
  readonly fix?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `lifeguard health-check`: what is wrong, what could be done at once, and with `--fix` doing it. */
export function addHealthCheck(program: Command, context: CommandContext): void {
  withTarget(program.command('health-check').description('say what is wrong, and what can be done at once'))
    .option('--fix', 'do it, as far as the application allows')
    .option('--dry-run', 'with --fix: only say what would be done')
    .option('--yes', 'with --fix: without asking')
    .action((options: HealthCheckOptions) => healthCheck(options, context));
}

async function healthCheck(options: HealthCheckOptions, context: CommandContext): Promise<void> {
  const { fix = false, dryRun = false, yes = false } = options;
  if (!fix && (dryRun || yes))
    throw new UsageError('--dry-run and --yes say how to fix', [['fix', 'add --fix, or leave them out']]);
  const source = await openSource(options);
  const { pools, omitted } = await readState(source, options.pool);
  const plan = planFixes(pools, await readPermissions(source));
  context.print(renderPlan(source.title, pools, plan, context.paint, context.io));
  noteOmitted(omitted, context);
  context.finish(codeOf(pools));
  if (!fix || dryRun || plan.length === 0) return;
  if (!yes && plan.some(({ isAllowed }) => isAllowed) && !(await isAgreed(context))) return;
  for (const each of plan) await apply(each, source, context);
  const after = (await readState(source, options.pool)).pools;
  context.print(`\n${renderImprovement(pools, after, context.paint)}`);
  context.finish(codeOf(after));
}

function codeOf(pools: readonly PoolState[]): 0 | 1 | 2 {
  return EXIT[worstHealth(pools.map(({ health }) => health))];
}

async function isAgreed({ io, note }: CommandContext): Promise<boolean> {
  if (io.ask === undefined)
    throw new UsageError('nobody is there to be asked', [
      ['fix', 'add --yes to do it without being asked, or --dry-run to only see the plan'],
    ]);
  const answer = (await io.ask('Do this now? [y/N] ')).trim().toLowerCase();
  if (answer === 'y' || answer === 'yes') return true;
  note('nothing was done');
  return false;
}

/** The second look comes too early to see that it has helped. */
const LATER = '; those that were found dead before count for some minutes more';

/** One that is refused must not keep the others from being done. */
async function apply({ pool, action }: Fix, source: AdminSource, { note }: CommandContext): Promise<void> {
  const what = `${action} of pool ${printable(pool)}`;
  try {
    const answer = await source.post(`/v1/pools/${encodeURIComponent(pool)}/${action}`);
    const count: unknown = Reflect.get(Object(answer), 'count');
    note(`done: ${what}${typeof count === 'number' ? ` (${count})` : ''}${action === 'evict' ? LATER : ''}`);
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    note(`not done: ${what}\n${explain(error, action)}`);
  }
}

function explain(error: AdminError, action: Fix['action']): string {
  const report = `${error.name}: ${error.message}`;
  if (error.status !== 403 || error.problem !== 'not-allowed') return report;
  return `  the application allows only what it names: ${howToAllow(action)}`;
}
