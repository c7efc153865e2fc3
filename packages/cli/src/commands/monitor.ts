import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { openSource } from '../admin-source.ts';
import type { TargetOptions } from '../admin-source.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT } from '../exit-code.ts';
import { jsonLine } from '../monitor/json-line.ts';
import { runLines } from '../monitor/line-monitor.ts';
import { LiveMonitor } from '../monitor/live-monitor.ts';
import type { LiveEnd } from '../monitor/live-monitor.ts';
import type { Look } from '../monitor/look.ts';
import { plainLines } from '../monitor/plain-lines.ts';
import type { Terminal } from '../monitor/terminal.ts';
import { Watch } from '../monitor/watch.ts';
import { plain } from '../paint.ts';
import { noteOmitted } from './status.ts';
import { withTarget } from './target-options.ts';

interface MonitorOptions extends TargetOptions {
  /** In seconds. */
  readonly interval: number;
  readonly count?: number;
  readonly json?: boolean;
}

/** Shortest and longest interval, in seconds. */
const INTERVAL = { least: 0.5, most: 3_600 };

/** `lifeguard monitor`: each pool as it is now, again and again. */
export function addMonitor(program: Command, context: CommandContext): void {
  withTarget(program.command('monitor').description('watch the pools: who holds, who waits, what goes wrong'))
    .option('--interval <seconds>', 'between two looks', readInterval, 5)
    .option('--count <looks>', 'end after so many', readCount)
    .option('--json', 'as data, one line for each look')
    .action((options: MonitorOptions) => monitor(options, context));
}

function readInterval(text: string): number {
  const seconds = text.trim() === '' ? Number.NaN : Number(text);
  if (seconds >= INTERVAL.least && seconds <= INTERVAL.most) return seconds;
  throw new InvalidArgumentError(`It is a number of seconds from ${INTERVAL.least} to ${INTERVAL.most}.`);
}

function readCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new InvalidArgumentError('It is a whole number above 0.');
}

async function monitor(options: MonitorOptions, context: CommandContext): Promise<void> {
  const { clock, gone, terminal } = context.io;
  // When it ends, what is still being asked must not keep the process.
  const quit = new AbortController();
  const signal = AbortSignal.any([gone, quit.signal]);
  const watch = new Watch({ target: options, open: openSource, clock, signal });
  try {
    const first = await watch.look();
    if (options.json === true || terminal === undefined) await tell(options, watch, first, context);
    else await show(options, watch, first, terminal, context);
  } finally {
    quit.abort();
  }
}

async function tell(
  options: MonitorOptions,
  watch: Watch,
  first: Look,
  context: CommandContext,
): Promise<void> {
  const { print, finish, io } = context;
  noteOmitted(first.omitted, context);
  const code = await runLines(
    {
      watch,
      clock: io.clock,
      gone: io.gone,
      intervalMs: options.interval * 1_000,
      count: options.count ?? Infinity,
      tell: (sighting, wallTime) => {
        if (options.json === true) print(jsonLine(sighting, wallTime));
        else for (const line of plainLines(sighting, wallTime)) print(line);
      },
    },
    first,
  );
  finish(code);
}

async function show(
  options: MonitorOptions,
  watch: Watch,
  first: Look,
  terminal: Terminal,
  context: CommandContext,
): Promise<void> {
  const parts = {
    watch,
    terminal,
    clock: context.io.clock,
    color: context.paint !== plain,
    intervalMs: options.interval * 1_000,
    count: options.count ?? Infinity,
  };
  finishAs(await new LiveMonitor(parts, first).run(), context);
}

function finishAs(end: LiveEnd, { finish, io }: CommandContext): void {
  switch (end.kind) {
    case 'quit':
    case 'gone':
      return finish(EXIT.healthy);
    case 'counted':
      return finish(end.code);
    case 'signal':
      return io.endBy(end.signal);
    /* v8 ignore next -- an end that is missing above does not compile */
    default:
      return end satisfies never;
  }
}
