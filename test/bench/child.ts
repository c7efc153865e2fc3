import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface ChildOptions {
  /** Flags of Node. */
  readonly flags?: readonly string[];
  readonly limitMs?: number;
}

const run = promisify(execFile);

/** Runs a program of this directory in a process of its own, and reads what it has told by {@link tell}. */
export async function runChild<T>(program: string, input: object, options: ChildOptions = {}): Promise<T> {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const args = ['--expose-gc', ...(options.flags ?? []), file, JSON.stringify(input)];
  const { stdout } = await run(process.execPath, args, {
    timeout: options.limitMs ?? 60_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as T;
}

/** In such a program: what it was started with. */
export function inputOfChild<T>(): T {
  return JSON.parse(process.argv[2] ?? '') as T;
}

/** In such a program: hands over the result and ends, whatever timers a pool may have left. */
export function tell(result: object): void {
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}
