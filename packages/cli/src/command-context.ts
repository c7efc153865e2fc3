import type { CliIo } from './cli-io.ts';
import type { ExitCode } from './exit-code.ts';
import { paintFor } from './paint.ts';
import type { Paint } from './paint.ts';

/** What a command works with. */
export interface CommandContext {
  readonly io: CliIo;
  /** For what goes to stdout. */
  readonly paint: Paint;
  /** Data, to stdout; a line break is put behind it. */
  readonly print: (text: string) => void;
  /** What is told besides, to stderr. */
  readonly note: (text: string) => void;
  /** What the process will end with. */
  readonly finish: (code: ExitCode) => void;
}

/** A context whose commands end by calling `finish`. */
export function contextOf(io: CliIo, finish: (code: ExitCode) => void): CommandContext {
  return {
    io,
    paint: paintFor(io),
    print: (text) => void io.stdout.write(`${text}\n`),
    note: (text) => void io.stderr.write(`${text}\n`),
    finish,
  };
}
