import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { installPg, installPostgresJs } from './install.ts';

/** What a process has come to. */
interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An application that knows nothing of us, in a directory of its own, on a machine with nothing else on it. */
interface Untouched {
  readonly directory: string;
  /** Runs it to its end. */
  run(args: readonly string[], how?: How): Promise<Ran>;
  /** Starts it, and waits for its first line; it is gone when the test is. */
  start(args: readonly string[], how?: How): Promise<{ child: ChildProcess; line: string }>;
  /** Runs the command line beside it. */
  lifeguard(...args: string[]): Promise<Ran>;
}

interface How {
  /** @default the one that runs the tests */
  readonly node?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const LIMIT_MS = 30_000;
const require = createRequire(import.meta.url);

/** What is put before the application: the one line that watches it. */
export const IMPORT: readonly string[] = ['--import', new URL('../src/index.ts', import.meta.url).href];
export const REQUIRE: readonly string[] = [
  '--require',
  fileURLToPath(new URL('../src/index.ts', import.meta.url)),
];

/** Another version of Node, as it is installed for tests. */
export function nodeOf(version: 'node22' | 'node26'): string {
  return join(dirname(require.resolve(`${version}/package.json`)), 'bin', 'node');
}

/** Lays out the programs of `test/fixtures`, with two copies of pg and postgres.js: its own, and those of a dependency. */
export function makeApplication(databaseUrl: string): Untouched {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'lg-register-')));
  chmodSync(directory, 0o700);
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  cpSync(fileURLToPath(new URL('fixtures', import.meta.url)), directory, { recursive: true });
  installPg(join(directory, 'node_modules'));
  installPostgresJs(join(directory, 'node_modules'));
  const dependency = join(directory, 'node_modules', 'dependency');
  cpSync(join(directory, 'dependency.cjs'), join(dependency, 'index.js'));
  installPg(join(dependency, 'node_modules'));
  installPostgresJs(join(dependency, 'node_modules'));
  const { NO_COLOR: _, FORCE_COLOR: __, NODE_OPTIONS: ___, ...inherited } = process.env;
  const env = { ...inherited, XDG_RUNTIME_DIR: directory, TMPDIR: directory, DATABASE_URL: databaseUrl };
  const launch = (args: readonly string[], { node = process.execPath, env: more = {} }: How = {}) => {
    const child = spawn(node, args, {
      cwd: directory,
      env: { ...env, ...more },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  };
  const run = async (args: readonly string[], how?: How): Promise<Ran> => {
    const child = launch(args, how);
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit') as Promise<[number | null]>,
    ]);
    return { code, stdout, stderr };
  };
  return {
    directory,
    run,
    start: async (args, how) => {
      const child = launch(args, how);
      const said = text(child.stderr);
      const [line] = (await Promise.race([
        once(createInterface(child.stdout), 'line'),
        once(child, 'exit').then(async ([code]) =>
          Promise.reject(new Error(`it ended with ${code}: ${await said}`)),
        ),
      ])) as [string];
      return { child, line };
    },
    lifeguard: (...args) => run([fileURLToPath(new URL('../../cli/src/bin.ts', import.meta.url)), ...args]),
  };
}

/** Looks again and again until it is as it should be. */
export async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (const giveUpAt = Date.now() + 15_000; ; ) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (Date.now() > giveUpAt) throw new Error(`in the end it is ${JSON.stringify(seen, undefined, 2)}`);
  }
}
