import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';

/** Adds what says which application is meant. */
export function withTarget(command: Command): Command {
  return command
    .option('--pid <pid>', 'of the application', readPid)
    .option('--name <name>', 'of the application')
    .option('--socket <path>', 'of the application')
    .option('--url <url>', 'in place of a process: an endpoint that is mounted there')
    .option('--token-file <file>', 'holds the token of the endpoint')
    .option('--pool <name>', 'only this pool');
}

function readPid(text: string): number {
  const pid = Number(text);
  if (Number.isInteger(pid) && pid > 0) return pid;
  throw new InvalidArgumentError('It is a whole number above 0.');
}
