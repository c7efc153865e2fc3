import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { chown, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { createConnection } from 'mysql2/promise';
import { GuardedDirectory } from '../../packages/testing/src/guarded-directory.ts';
import { unprivilegedUser } from '../../packages/testing/src/unprivileged-user.ts';
import type { UnixUser } from '../../packages/testing/src/unprivileged-user.ts';
import { findDebianPrograms } from './debian.ts';
import { endProcess, hasEnded } from './end-process.ts';
import { freePort } from './free-port.ts';

export interface MariaDb extends AsyncDisposable {
  /** Database `lifeguard`, by a user who may do anything. */
  readonly url: string;
  readonly pid: number;
  /** Ends it, sessions and all, and removes its directory. Does nothing the second time. */
  stop(): Promise<void>;
}

const startLimitMs = 30_000;
const stopLimitMs = 5_000;
const portAttempts = 5;
const pidFile = 'mariadb.pid';
/** Planted: nothing may print it (scripts/canary.ts). */
const password = 'LgCanary9password';

/**
 * Starts Debian's MariaDB on a free port of 127.0.0.1, as an unprivileged user when we are root. It holds no data worth
 * keeping, and ends with this process, however that ends.
 *
 * @throws Error when it is not installed, or with its log when it does not start.
 * @example
 * await using server = await startMariaDb();
 */
export async function startMariaDb(): Promise<MariaDb> {
  const { mariadb: program } = findDebianPrograms();
  if (program === undefined) throw new Error('MariaDB is not installed: apt-get install mariadb-server-core');
  const directory = await GuardedDirectory.create(pidFile);
  try {
    const user = await unprivilegedUser();
    const place: Place = { program, directory, user };
    await mkdir(join(directory.path, 'data'), { mode: 0o700 });
    if (user !== undefined)
      for (const path of [directory.path, join(directory.path, 'data')])
        await chown(path, user.uid, user.gid);
    await initialise(place);
    return await startOnFreePort(place);
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

class RunningMariaDb implements MariaDb {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #directory: GuardedDirectory;
  #stopped: Promise<void> | undefined;

  constructor(child: ChildProcess, directory: GuardedDirectory, port: number) {
    this.url = `mysql://lifeguard:${password}@127.0.0.1:${port}/lifeguard`;
    this.#child = child;
    this.#directory = directory;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  stop(): Promise<void> {
    this.#stopped ??= endProcess(this.#child, stopLimitMs).then(() => this.#directory.remove());
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

const TABLES = ['mysql_system_tables.sql', 'mysql_system_tables_data.sql'];

/** Makes the system tables, as `mariadb-install-db` does; that script wants more programs than the package brings. */
async function initialise(place: Place): Promise<void> {
  const tables = await Promise.all(TABLES.map((name) => readFile(join('/usr/share/mysql', name), 'utf8')));
  const child = spawn(place.program, [...argumentsOf(place), '--bootstrap'], {
    cwd: place.directory.path,
    stdio: ['pipe', 'ignore', 'pipe'],
    ...place.user,
  });
  const exited = once(child, 'exit');
  child.stdin.on('error', () => undefined); // It has ended: its exit code says so.
  child.stdin.end(
    [
      'create database mysql;',
      'use mysql;',
      ...tables,
      'flush privileges;',
      `create user lifeguard@'127.0.0.1' identified by '${password}';`,
      `grant all on *.* to lifeguard@'127.0.0.1';`,
      'create database lifeguard;',
      '',
    ].join('\n'),
  );
  const [said, [code]] = await Promise.all([text(child.stderr), exited]);
  if (code !== 0) throw new Error(`MariaDB cannot be set up:\n${said.replaceAll(password, '…')}`);
}

/** Small, and without a care for what happens when the machine loses power. */
function argumentsOf({ directory }: Place): string[] {
  return [
    '--no-defaults',
    `--datadir=${join(directory.path, 'data')}`,
    `--tmpdir=${directory.path}`,
    '--innodb-buffer-pool-size=16M',
    '--innodb-log-file-size=4M',
    '--innodb-flush-log-at-trx-commit=0',
    '--performance-schema=OFF',
  ];
}

async function startOnFreePort(place: Place): Promise<MariaDb> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const child = launch(place, port);
    const server = new RunningMariaDb(child, place.directory, port);
    try {
      await ready(server, child);
      return server;
    } catch (cause) {
      await endProcess(child, stopLimitMs);
      const log = await readFile(join(place.directory.path, 'log'), 'utf8');
      if (log.includes('Address already in use') && attempt < portAttempts) continue;
      throw new Error(`MariaDB did not start on port ${port}:\n${log}`, { cause });
    }
  }
}

function launch(place: Place, port: number): ChildProcess {
  const { path } = place.directory;
  const log = openSync(join(path, 'log'), 'w');
  const address = ['--bind-address=127.0.0.1', `--port=${port}`, '--skip-name-resolve'];
  const files = [`--socket=${join(path, 'socket')}`, `--pid-file=${join(path, pidFile)}`];
  try {
    const child = spawn(place.program, [...argumentsOf(place), ...address, ...files], {
      cwd: path,
      detached: true, // Out of reach of Ctrl-C: tests end it when they are through.
      stdio: ['ignore', log, log],
      ...place.user,
    });
    child.on('error', () => undefined); // `ready` tells: a child that never ran has no pid.
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** It is ready when it answers. */
async function ready(server: MariaDb, child: ChildProcess): Promise<void> {
  let last: unknown;
  for (const giveUpAt = Date.now() + startLimitMs; Date.now() < giveUpAt; await delay(30)) {
    if (hasEnded(child)) throw new Error('it ended at once');
    try {
      const connection = await createConnection({ uri: server.url, connectTimeout: 2_000 });
      await connection.end();
      return;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`it was not ready within ${startLimitMs} ms`, { cause: last });
}
