import { writeFileSync } from 'node:fs';
import { describeFailure } from '@lifeguard/core/adapter';
import type { Command } from 'commander';
import { openSource } from '../admin-source.ts';
import type { TargetOptions } from '../admin-source.ts';
import type { CommandContext } from '../command-context.ts';
import { exportPool } from '../export-pool.ts';
import { readState } from '../pool-state.ts';
import { safeJson } from '../safe-json.ts';
import { UsageError } from '../usage-error.ts';
import { CLI_VERSION } from '../version.ts';
import { noteOmitted } from './status.ts';
import { withTarget } from './target-options.ts';

interface ExportOptions extends TargetOptions {
  readonly output?: string;
}

/** `lifeguard export`: everything about all pools, as data. */
export function addExport(program: Command, context: CommandContext): void {
  withTarget(program.command('export').description('write snapshot and diagnosis of all pools as JSON'))
    .option('--output <file>', 'in place of stdout; what is there is replaced')
    .action((options: ExportOptions) => exportState(options, context));
}

async function exportState(options: ExportOptions, context: CommandContext): Promise<void> {
  const source = await openSource(options);
  const { pools, omitted } = await readState(source, options.pool);
  const text = safeJson({
    schemaVersion: 1,
    kind: 'lifeguard-export',
    exportedAt: new Date(context.io.clock.wallTime()).toISOString(),
    exportedBy: `@lifeguard/cli ${CLI_VERSION}`,
    application: source.title,
    pools: pools.map(exportPool),
    omitted,
  });
  noteOmitted(omitted, context);
  if (options.output === undefined) return context.print(text);
  write(options.output, text);
  context.note(
    `${pools.length} ${pools.length === 1 ? 'pool' : 'pools'} of ${source.title}: ${options.output}`,
  );
}

/** A new file is readable by its owner only: places in the code and names of tables are nobody else's affair. */
function write(file: string, text: string): void {
  try {
    writeFileSync(file, `${text}\n`, { mode: 0o600 });
  } catch (error) {
    throw new UsageError('the file cannot be written', [
      ['file', file],
      ['found', describeFailure(error)],
    ]);
  }
}
