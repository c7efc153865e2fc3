import type { Command } from 'commander';
import { openSource } from '../admin-source.ts';
import type { TargetOptions } from '../admin-source.ts';
import type { CommandContext } from '../command-context.ts';
import { rowsOfPool, rowsOfSettings } from '../config-rows.ts';
import type { ConfigRow } from '../config-rows.ts';
import { optionalPackage } from '../optional-package.ts';
import { readState } from '../pool-state.ts';
import { renderConfig } from '../render/render-config.ts';
import { safeJson } from '../safe-json.ts';
import { UsageError } from '../usage-error.ts';
import { noteOmitted } from './status.ts';
import { withTarget } from './target-options.ts';

interface ConfigOptions extends TargetOptions {
  readonly running?: boolean;
  readonly changed?: boolean;
  readonly json?: boolean;
}

/** `lifeguard config`: which settings are in force, and who says so. */
export function addConfig(program: Command, context: CommandContext): void {
  withTarget(
    program
      .command('config')
      .description('check a settings file, and show which settings are in force and who says so')
      .argument('[file]', 'without it settings.yaml, as loadSettings() does'),
  )
    .option('--running', 'in place of a file: the options of a running application; so do --pid, --name …')
    .option('--changed', 'only what differs from the default')
    .option('--json', 'as data')
    .action((file: string | undefined, options: ConfigOptions) => config(file, options, context));
}

async function config(
  file: string | undefined,
  options: ConfigOptions,
  context: CommandContext,
): Promise<void> {
  const { running = false, changed = false, json = false, ...target } = options;
  const isRunning =
    running || ['pid', 'name', 'socket', 'url', 'tokenFile', 'pool'].some((each) => each in target);
  if (isRunning && file !== undefined)
    throw new UsageError('a settings file and a running application are two things', [
      ['fix', 'name the file, or the application; both are shown in the same way'],
    ]);
  const found = isRunning ? await ofApplication(target, context) : await ofFile(file, context);
  const rows = found.rows.filter(({ isDefault }) => !changed || !isDefault);
  if (!json) return context.print(renderConfig(found.title, rows, context.paint));
  const { kind, title } = found;
  context.print(safeJson({ schemaVersion: 1, kind: 'lifeguard-config', [kind]: title, settings: rows }));
}

interface Found {
  readonly kind: 'file' | 'application';
  readonly title: string;
  readonly rows: readonly ConfigRow[];
}

async function ofFile(file: string | undefined, { io }: CommandContext): Promise<Found> {
  const { explainSettings } = await optionalPackage(() => import('@lifeguard/config'), ['@lifeguard/config']);
  const rows = rowsOfSettings(await explainSettings(file, { env: io.env }));
  return { kind: 'file', title: file ?? 'settings.yaml', rows };
}

async function ofApplication(target: TargetOptions, context: CommandContext): Promise<Found> {
  const source = await openSource(target);
  const { pools, omitted } = await readState(source, target.pool);
  noteOmitted(omitted, context);
  return {
    kind: 'application',
    title: source.title,
    rows: pools.flatMap(({ snapshot }) => rowsOfPool(snapshot)),
  };
}
