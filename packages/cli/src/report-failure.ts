import { AdminError } from '@lifeguard/admin';
import { isLifeguardError } from '@lifeguard/core';
import { printable, stackText } from '@lifeguard/core/adapter';
import { CommanderError } from 'commander';
import type { CommandContext } from './command-context.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { UsageError } from './usage-error.ts';

/** Says on stderr what has failed, and answers what the process ends with. */
export function reportFailure(error: unknown, { note }: Pick<CommandContext, 'note'>): ExitCode {
  // It has said itself what there was to say.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.healthy : EXIT.usage;
  if (error instanceof UsageError) {
    note(error.message);
    return EXIT.usage;
  }
  if (isLifeguardError(error)) {
    note(`${error.name}: ${error.message}`);
    return codeOf(error);
  }
  const stack = error instanceof Error ? stackText(error) : 'what was thrown is no error';
  const lines = stack.split('\n').map((line) => printable(line, 400));
  note(`this is a defect of lifeguard, please report it\n${lines.join('\n')}`);
  return EXIT.defect;
}

function codeOf(error: { readonly code: string }): ExitCode {
  const mustBeSaid =
    error instanceof AdminError && (error.reason === 'several-running' || error.problem === 'unknown-pool');
  if (mustBeSaid || error.code === 'LG_INVALID_OPTION') return EXIT.usage;
  // An application would not start with them.
  if (error.code === 'LG_INVALID_SETTINGS') return EXIT.critical;
  return error.code === 'LG_BUG' ? EXIT.defect : EXIT.unreachable;
}
