import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

interface Running {
  readonly child: ChildProcess;
  /** What it has come to: a pid and a path, or the fields of an error. */
  readonly said: Readonly<Record<string, unknown>> & { readonly path?: string; readonly pid?: number };
  /** Lets it go, and waits until it has gone. */
  end(): Promise<void>;
}

/** Starts a process that serves its pools; it is gone when the test is. */
export async function runApplication(
  wish: object = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const program = fileURLToPath(new URL('application.ts', import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(wish)], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const end = async (): Promise<void> => {
    child.stdin.end();
    await exited;
  };
  return { child, said: JSON.parse(line) as Running['said'], end };
}

/** A directory of ours alone, which is gone when the test is. Its path is short. */
export function privateDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'lg-admin-'));
  chmodSync(directory, 0o700);
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
