import { parseConnectionUrl, redactUrl } from '@lifeguard/core/adapter';
import { Command } from 'commander';
import type { CliIo } from './cli-io.ts';
import { contextOf } from './command-context.ts';
import type { CommandContext } from './command-context.ts';
import { addCompletion } from './commands/completion.ts';
import { addConfig } from './commands/config.ts';
import { addDiagnose } from './commands/diagnose.ts';
import { addExplain } from './commands/explain.ts';
import { addExport } from './commands/export.ts';
import { addHealthCheck } from './commands/health-check.ts';
import { addMonitor } from './commands/monitor.ts';
import { addPs } from './commands/ps.ts';
import { addServer } from './commands/server.ts';
import { addSize } from './commands/size.ts';
import { addStatus } from './commands/status.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { reportFailure } from './report-failure.ts';
import { CLI_VERSION } from './version.ts';

/**
 * Runs one command; `argv` begins with its name. Answers what the process should end with, and never rejects.
 *
 * @example
 * process.exitCode = await main(process.argv.slice(2), io);
 */
export async function main(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  let code: ExitCode = EXIT.healthy;
  const context = contextOf(io, (finished) => {
    code = finished;
  });
  try {
    await programFor(context).parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return reportFailure(error, context);
  }
}

function programFor(context: CommandContext): Command {
  const { io } = context;
  const program = new Command('lifeguard')
    .description('See who holds the database connections of a running application, and what to do about it.')
    .version(CLI_VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(withoutPasswords(text)),
      getOutHelpWidth: () => io.columns ?? 80,
      getErrHelpWidth: () => io.columns ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText('after', EXIT_CODES);
  for (const add of [
    addPs,
    addStatus,
    addMonitor,
    addDiagnose,
    addHealthCheck,
    addSize,
    addServer,
    addConfig,
    addExplain,
    addExport,
    addCompletion,
  ])
    add(program, context);
  return program;
}

const EXIT_CODES = `
Ends with 0 healthy, 1 warning, 2 critical, 3 nobody answers, 64 not understood.`;

/** An address at the wrong place is repeated in the complaint about it. */
function withoutPasswords(text: string): string {
  return text.replaceAll(/[a-z][a-z0-9+.-]*:\/\/[^\s'"]+/gi, (url) =>
    parseConnectionUrl(url) === undefined ? '***' : redactUrl(url),
  );
}
