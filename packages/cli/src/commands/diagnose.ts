import type { Command } from 'commander';
import { openSource } from '../admin-source.ts';
import type { TargetOptions } from '../admin-source.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, worstHealth } from '../exit-code.ts';
import { readState } from '../pool-state.ts';
import { renderDiagnosis } from '../render/render-diagnosis.ts';
import { safeJson } from '../safe-json.ts';
import { noteOmitted } from './status.ts';
import { withTarget } from './target-options.ts';

interface DiagnoseOptions extends TargetOptions {
  readonly json?: boolean;
}

/** `lifeguard diagnose`: what is wrong, and what to do about it. */
export function addDiagnose(program: Command, context: CommandContext): void {
  withTarget(program.command('diagnose').description('say what is wrong with each pool, and what to do'))
    .option('--json', 'the diagnosis, as the application answers')
    .action((options: DiagnoseOptions) => diagnose(options, context));
}

async function diagnose(options: DiagnoseOptions, context: CommandContext): Promise<void> {
  const source = await openSource(options);
  const state = await readState(source, options.pool);
  const { io, paint } = context;
  if (options.json !== true) context.print(renderDiagnosis(source.title, state.pools, paint, io));
  else context.print(safeJson(state.diagnosisAnswer ?? { schemaVersion: 1, pools: [], omitted: [] }));
  noteOmitted(state.omitted, context);
  context.finish(EXIT[worstHealth(state.pools.map(({ health }) => health))]);
}
