import { spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
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
  /** The environment of everything that is started there. */
  readonly env: NodeJS.ProcessEnv;
  /** Runs the command to its end. */
  lifeguard(...args: string[]): Promise<Ran>;
  /** Runs it while nobody reads what it prints. */
  unread(...args: string[]): Promise<Ran>;
  /** Starts the command, and leaves it running; it is gone when the test is. */
  start(...args: string[]): ChildProcessByStdio<null, Readable, Readable>;
  /** Starts `test/application.ts`; it is gone when the test is. */
  application(wish?: object): Promise<Application>;
  /** Starts `test/forgetful-application.ts` on a database. */
  forgetful(url: string): Promise<Application & { readonly backends: readonly number[] }>;
}

interface Application {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly path: string;
  readonly port: number | undefined;
}

/** Limit of a command, in milliseconds: the machine may be busy. */
const LIMIT_MS = 30_000;
/** How long something may take to become so; a test on a database ends after 20 s. */
const PATIENCE_MS = 15_000;

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
    start: (...args) => startCli(args, env),
    application: (wish = {}) => start('application.ts', JSON.stringify(wish), env),
    forgetful: (url) => start('forgetful-application.ts', url, env),
  };
}

/** The program that is tested. */
export const BIN = fileURLToPath(new URL('../src/bin.ts', import.meta.url));

function startCli(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(process.execPath, [BIN, ...args], {
    env,
    cwd: env['TMPDIR'],
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv, isUnread = false): Promise<Ran> {
  const child = startCli(args, env);
  if (isUnread) child.stdout.destroy();
  const [stdout, stderr, [code]] = await Promise.all([
    isUnread ? '' : text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

async function start<Said extends Application>(
  file: string,
  argument: string,
  env: NodeJS.ProcessEnv,
): Promise<Said> {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [program, argument], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(([code]) => Promise.reject(new Error(`${file} has ended with ${code}`))),
  ])) as [string];
  return { child, ...(JSON.parse(line) as Omit<Said, 'child'>) } as Said;
}

/** Runs a command again and again until it ends as it should: what leaks is suspected after a moment. */
export function untilCode(code: number, command: () => Promise<Ran>): Promise<Ran> {
  return until(command, (ran) => ran.code === code);
}

/** Looks again and again until it is as it should be. */
export async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (const giveUpAt = Date.now() + PATIENCE_MS; ; ) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (Date.now() > giveUpAt) throw new Error(`in the end it is ${JSON.stringify(seen, undefined, 2)}`);
  }
}
