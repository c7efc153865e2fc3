import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** Ends a process that we started: politely, after `limitMs` by force. */
export async function endProcess(child: ChildProcess, limitMs: number): Promise<void> {
  if (hasEnded(child)) return;
  child.ref();
  const exited = once(child, 'exit');
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    child.kill(signal);
    // One that is stopped does not hear it.
    child.kill('SIGCONT');
    await Promise.race([exited, delay(limitMs, undefined, { ref: false })]);
    if (hasEnded(child)) return;
  }
  await exited;
}

/** Whether it has ended, or never begun. */
export function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}
