import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { LifeguardPoolOptions } from '../src/pool-config.ts';

/** Starts unattended.ts; a test that ends ends it. */
export function startUnattended(
  work: 'holds a transaction' | 'runs a query',
  options: LifeguardPoolOptions,
): ChildProcess {
  const program = fileURLToPath(new URL('./unattended.ts', import.meta.url));
  const child = spawn(process.execPath, [program, work, JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  onTestFinished(() => end(child));
  return child;
}

/** Ends the process without giving it a moment, also when it is stopped. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
