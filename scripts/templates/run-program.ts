import { once } from 'node:events';
import { ProcessGroup } from './process-group.ts';

/** How a program has ended, and all that it wrote. */
export interface ProgramResult {
  /** `null` where it had to be killed, or was by somebody else. */
  readonly code: number | null;
  readonly output: string;
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly limitMs?: number;
}

const LIMIT_MS = 60_000;

/** Runs a program to its end, as its user would outside of this repository; at the limit it is killed, with all that it has started. */
export async function runProgram(
  command: string,
  args: readonly string[],
  { cwd, env = {}, limitMs = LIMIT_MS }: ProgramOptions,
): Promise<ProgramResult> {
  const group = new ProcessGroup(command, args, { cwd, env });
  const timer = setTimeout(() => {
    group.output += `\nkilled after ${limitMs / 1_000} s\n`;
    group.kill();
  }, limitMs);
  try {
    const [code] = (await once(group.child, 'close')) as [number | null];
    return { code, output: group.output };
  } finally {
    clearTimeout(timer);
    group.kill(); // What it has left behind.
  }
}
