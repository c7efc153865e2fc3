import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { chown, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { GuardedDirectory } from '../../packages/testing/src/guarded-directory.ts';
import { unprivilegedUser } from '../../packages/testing/src/unprivileged-user.ts';
import type { UnixUser } from '../../packages/testing/src/unprivileged-user.ts';
import { findDebianPrograms } from './debian.ts';
import { endProcess, hasEnded } from './end-process.ts';
import { freePort } from './free-port.ts';
import { pgBouncerConfig, userList } from './pgbouncer-config.ts';
import type { PgBouncerOptions } from './pgbouncer-config.ts';

export { targetOf } from './pgbouncer-config.ts';
export type { PgBouncerOptions, PgBouncerTarget } from './pgbouncer-config.ts';

export type AdminRow = Readonly<Record<string, string | number | null>>;

export interface PgBouncer extends AsyncDisposable {
  /** The database of the target, through the pooler. */
  readonly url: string;
  /** The console of the pooler, where `SHOW` and the like are asked. */
  readonly adminUrl: string;
  readonly port: number;
  readonly pid: number;
  readonly isRunning: boolean;
  /** A command of the console, such as `show pools`; the rows. */
  admin(command: string): Promise<readonly AdminRow[]>;
  /** What it has logged up to now. */
  readLog(): Promise<string>;
  /** Ends it at once, clients and all, and removes its directory. Does nothing the second time. */
  stop(): Promise<void>;
}

const startLimitMs = 10_000;
const stopLimitMs = 3_000;
const portAttempts = 5;
const pidFile = 'pgbouncer.pid';

/**
 * Starts Debian's PgBouncer on a free port of 127.0.0.1, as an unprivileged user when we are root. It ends with this
 * process, however that ends.
 *
 * @throws Error when it is not installed, or with its log when it does not start.
 * @example
 * await using pooler = await startPgBouncer({ target: targetOf(url), poolSize: 3 });
 */
export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer> {
  const program = findDebianPrograms().pgbouncer;
  if (program === undefined) throw new Error('pgbouncer is not installed: apt-get install pgbouncer');
  const directory = await GuardedDirectory.create(pidFile);
  try {
    const user = await unprivilegedUser();
    if (user !== undefined) await chown(directory.path, user.uid, user.gid);
    return await startOnFreePort({ program, directory, user }, options);
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

interface Place {
  readonly program: string;
  readonly directory: GuardedDirectory;
  readonly user: UnixUser | undefined;
}

class RunningPgBouncer implements PgBouncer {
  readonly url: string;
  readonly adminUrl: string;
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #directory: GuardedDirectory;
  #stopped: Promise<void> | undefined;

  constructor(child: ChildProcess, directory: GuardedDirectory, port: number, { target }: PgBouncerOptions) {
    const password = target.password === '' ? '' : `:${encodeURIComponent(target.password)}`;
    const server = `postgres://${encodeURIComponent(target.user)}${password}@127.0.0.1:${port}`;
    this.url = `${server}/${target.database}`;
    this.adminUrl = `${server}/pgbouncer`;
    this.port = port;
    this.#child = child;
    this.#directory = directory;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get isRunning(): boolean {
    return !hasEnded(this.#child);
  }

  async admin(command: string): Promise<readonly AdminRow[]> {
    const client = new pg.Client({ connectionString: this.adminUrl, connectionTimeoutMillis: 1_000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<AdminRow>(command)).rows;
    } finally {
      await client.end();
    }
  }

  readLog(): Promise<string> {
    return readFile(join(this.#directory.path, 'log'), 'utf8');
  }

  stop(): Promise<void> {
    this.#stopped ??= endProcess(this.#child, stopLimitMs).then(() => this.#directory.remove());
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

async function startOnFreePort(place: Place, options: PgBouncerOptions): Promise<PgBouncer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const child = await launch(place, port, options);
    const pooler = new RunningPgBouncer(child, place.directory, port, options);
    try {
      await ready(pooler);
      return pooler;
    } catch (cause) {
      await endProcess(child, stopLimitMs);
      const log = await pooler.readLog();
      if (log.includes('in use') && attempt < portAttempts) continue;
      throw new Error(`PgBouncer did not start on port ${port}:\n${log}`, { cause });
    }
  }
}

async function launch(
  { program, directory, user }: Place,
  port: number,
  options: PgBouncerOptions,
): Promise<ChildProcess> {
  const file = (name: string): string => join(directory.path, name);
  const paths = { pidfile: file(pidFile), auth_file: file('users') };
  await writeFile(file('users'), userList(options.target), { mode: 0o600 });
  await writeFile(file('config'), pgBouncerConfig(options, port, paths), { mode: 0o600 });
  if (user !== undefined) {
    for (const name of ['users', 'config']) await chown(file(name), user.uid, user.gid);
  }
  const log = openSync(file('log'), 'w');
  try {
    const child = spawn(program, [file('config')], {
      cwd: directory.path,
      detached: true, // Out of reach of Ctrl-C: tests end it when they are through.
      stdio: ['ignore', log, log],
      ...user,
    });
    child.on('error', () => undefined); // `ready` tells: a child that never ran has no pid.
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** It is ready when its console answers. */
async function ready(pooler: PgBouncer): Promise<void> {
  let last: unknown;
  for (const giveUpAt = Date.now() + startLimitMs; Date.now() < giveUpAt; await delay(20)) {
    if (!pooler.isRunning) throw new Error('it ended at once');
    try {
      await pooler.admin('show version');
      return;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`it was not ready within ${startLimitMs} ms`, { cause: last });
}
