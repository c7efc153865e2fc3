import { printable } from '@lifeguard/core/adapter';
import type { Command } from 'commander';
import { openSource } from '../admin-source.ts';
import type { TargetOptions } from '../admin-source.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, worstHealth } from '../exit-code.ts';
import { readState } from '../pool-state.ts';
import { renderStatus } from '../render/render-status.ts';
import { safeJson } from '../safe-json.ts';
import { withTarget } from './target-options.ts';

interface StatusOptions extends TargetOptions {
  readonly json?: boolean;
}

/** `lifeguard status`: each pool as it is now. */
export function addStatus(program: Command, context: CommandContext): void {
  withTarget(program.command('status').description('show each pool as it is now'))
    .option('--json', 'the snapshot, as the application answers')
    .action((options: StatusOptions) => status(options, context));
}

async function status(options: StatusOptions, context: CommandContext): Promise<void> {
  const source = await openSource(options);
  const state = await readState(source, options.pool);
  if (options.json === true) context.print(safeJson(state.snapshotAnswer));
  else context.print(renderStatus(source.title, state.pools, context.paint));
  noteOmitted(state.omitted, context);
  context.finish(EXIT[worstHealth(state.pools.map(({ health }) => health))]);
}

/** Says which pools are not among what was printed. */
export function noteOmitted(omitted: readonly string[], { note }: CommandContext): void {
  for (const name of omitted)
    note(`left out, ask for it alone by --pool: ${printable(name)}; it did not fit into the answer`);
}
