import { execFile, fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import type { RunRequest, RunResult } from './page-process.ts';

const HERE = import.meta.dirname;
const BIN = join(HERE, '../node_modules/.bin');
const LIMIT_MS = 20_000;
const run = promisify(execFile);

/** Where a page is tried: a process for its programs, and a directory that its commands and settings are in. */
export class PageWorld implements AsyncDisposable {
  readonly directory: string;
  readonly #child: ChildProcess;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(databaseUrl: string, environment: NodeJS.ProcessEnv = {}) {
    this.directory = mkdtempSync(join(tmpdir(), 'lg-guide-'));
    const bin = join(this.directory, 'bin');
    const runtime = join(this.directory, 'run');
    mkdirSync(bin);
    mkdirSync(runtime, { mode: 0o700 });
    // What npx does in an application where the package is installed.
    writeFileSync(join(bin, 'npx'), '#!/bin/sh\nexec "$@"\n');
    chmodSync(join(bin, 'npx'), 0o755);
    const nodeDirectory = join(process.execPath, '..');
    const path = [bin, BIN, nodeDirectory, process.env['PATH']].join(delimiter);
    this.#environment = {
      ...environment,
      PATH: path,
      HOME: this.directory,
      // Applications that run here for other reasons are none of this page's.
      TMPDIR: this.directory,
      XDG_RUNTIME_DIR: runtime,
      DATABASE_URL: databaseUrl,
      NO_COLOR: '1',
      // Sources are run as they are: no warning of Node about that belongs to the output of a page.
      NODE_NO_WARNINGS: '1',
    };
    this.#child = fork(join(HERE, 'page-process.ts'), {
      cwd: this.directory,
      env: this.#environment,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  /** Runs a module in the process of the page; resolves when it has run to its end. */
  async runModule(file: string): Promise<RunResult> {
    const answer = once(this.#child, 'message', { signal: AbortSignal.timeout(LIMIT_MS) });
    this.#child.send({ file } satisfies RunRequest);
    const [result] = (await answer) as [RunResult];
    return result;
  }

  /** Runs shell commands, which may ask the process of the page; resolves with what they print. Any exit code that a page shows. */
  async runShell(commands: string): Promise<string> {
    const options = { cwd: this.directory, env: this.#environment, timeout: LIMIT_MS };
    const script = `exec 2>&1\n${commands}`;
    const { stdout } = await run('bash', ['-c', script], options).catch((error: unknown) => {
      const { code, stdout: printed } = error as { code: unknown; stdout: string };
      // 1 and 2 are answers of the command line tool: there is a warning, or worse.
      if (code === 1 || code === 2) return { stdout: printed };
      throw new Error(`exit ${String(code)}: ${printed}`);
    });
    return stdout;
  }

  writeFile(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
    rmSync(this.directory, { recursive: true });
  }
}
