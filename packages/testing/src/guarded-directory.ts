import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/*
 * Waits until its standard input ends, which the operating system sees to however this process dies (SIGKILL
 * included). Then it ends the server that may run in the directory, and removes that, more than once, for a
 * program may still be writing there. Plain JavaScript for `node -e`: there is no file to find.
 */
const guard = `
const { existsSync, readFileSync, rmSync } = require('node:fs');
const [, directory, pidFile] = process.argv;
process.stdin.resume().on('end', async () => {
  for (let i = 0; i < 50 && existsSync(directory); i++) {
    try {
      const pid = Number.parseInt(readFileSync(directory + '/' + pidFile, 'utf8'), 10);
      process.kill(pid, 'SIGQUIT');
    } catch {}
    try {
      rmSync(directory, { recursive: true, force: true });
    } catch {}
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});`;

/** A temporary directory for a server, which does not outlive this process, and neither does the server in it. */
export class GuardedDirectory {
  readonly path: string;
  readonly #guard: ChildProcess;

  private constructor(path: string, pidFile: string) {
    this.path = path;
    // Its own process group: Ctrl-C must not end the guard together with what it guards against.
    this.#guard = spawn(process.execPath, ['-e', guard, path, pidFile], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
    });
    this.#guard.on('error', () => {}); // Without a guard, `remove` still works.
    this.#guard.unref();
  }

  /** `pidFile`: where in the directory the server writes its process id. */
  static async create(pidFile = 'data/postmaster.pid'): Promise<GuardedDirectory> {
    return new GuardedDirectory(await mkdtemp(join(tmpdir(), 'lifeguard-server-')), pidFile);
  }

  /** For when the server has ended. */
  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 });
    if (this.#guard.pid === undefined || this.#guard.exitCode !== null) return;
    this.#guard.ref();
    const ended = once(this.#guard, 'exit');
    this.#guard.stdin?.end();
    await ended;
  }
}
