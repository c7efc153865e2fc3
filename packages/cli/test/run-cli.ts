import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** What a command has come to. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine with nothing on it but what the test starts. */
export interface World {
  readonly directory: string;
  /** Of what is started in it. */
  readonly env: NodeJS.ProcessEnv;
  /** Runs the command to its end. */
  lifeguard(...args: string[]): Promise<Ran>;
  /** Runs it while nobody reads what it prints. */
  unread(...args: string[]): Promise<Ran>;
  /** Starts `test/application.ts`; it is gone when the test is. */
  application(wish?: object): Promise<Application>;
}

interface Application {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly path: string;
  readonly port: number | undefined;
}

/** Limit of a command, in milliseconds: the machine may be busy. */
const LIMIT_MS = 30_000;

/** A private directory in place of those of the user; it is removed when the test ends. */
export function makeWorld(environment: Readonly<Record<string, string>> = {}): World {
  const directory = mkdtempSync(join(tmpdir(), 'lg-cli-'));
  chmodSync(directory, 0o700);
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const { NO_COLOR: _, FORCE_COLOR: __, DATABASE_URL: ___, ...inherited } = process.env;
  const env = { ...inherited, XDG_RUNTIME_DIR: directory, TMPDIR: directory, ...environment };
  return {
    directory,
    env,
    lifeguard: (...args) => run(args, env),
    unread: (...args) => run(args, env, true),
    application: (wish = {}) => start(wish, env),
  };
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv, isUnread = false): Promise<Ran> {
  const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url));
  const child = spawn(process.execPath, [bin, ...args], {
    env,
    cwd: env['TMPDIR'],
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
  });
  if (isUnread) child.stdout.destroy();
  const [stdout, stderr, [code]] = await Promise.all([
    isUnread ? '' : text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

async function start(wish: object, env: NodeJS.ProcessEnv): Promise<Application> {
  const program = fileURLToPath(new URL('application.ts', import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(wish)], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, ...(JSON.parse(line) as Omit<Application, 'child'>) };
}

/** Runs a command again and again until it ends as it should: what leaks is suspected after a moment. */
export async function untilCode(code: number, command: () => Promise<Ran>): Promise<Ran> {
  for (const giveUpAt = Date.now() + LIMIT_MS; ; ) {
    const ran = await command();
    if (ran.code === code) return ran;
    if (Date.now() > giveUpAt) throw new Error(`ends with ${ran.code}\n${ran.stdout}\n${ran.stderr}`);
  }
}
