import { chmodSync, lstatSync, rmSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { AdminError } from './admin-error.ts';
import { AdminDesk } from './admin-handler.ts';
import { refuseUnknown } from './admin-options.ts';
import type { AdminOptions } from './admin-options.ts';
import { createAdminServer } from './http-server.ts';
import { toNodeListener } from './node-listener.ts';
import { makePrivate, runDirectories } from './run-directory.ts';
import { shortEnough, socketName } from './socket-path.ts';
import { removeIfStale, sweepStaleSockets } from './stale-socket.ts';
import { pipeAddress, pipeDirectory, writeToken } from './windows-pipe.ts';

/** What is served by a socket of this process, and where. */
export interface ServeAdminOptions
  extends Pick<AdminOptions, 'pools' | 'name' | 'allow' | 'metrics' | 'log' | 'heartbeatMs' | 'clock'> {
  /** @default true — unless the environment variable LIFEGUARD_ADMIN is `off` */
  readonly enabled?: boolean;
  /** In place of the directory that `runDirectory()` finds; it must be as private. */
  readonly directory?: string;
  /**
   * Whether a later call of `serveAdmin` in this process takes its place, where otherwise that call would reject.
   * @default false — true is for whoever serves an application that does not know of it
   */
  readonly yields?: boolean;
}

/** A socket that is served until it is closed. It keeps no process alive. */
export interface AdminServer extends AsyncDisposable {
  /** Of the socket or pipe; `undefined` when it is turned off. */
  readonly path: string | undefined;
  /** Ends what is being answered, and removes the socket. Closing it twice does nothing. */
  close(): Promise<void>;
}

const KNOWN: readonly (keyof ServeAdminOptions)[] = [
  'pools',
  'name',
  'allow',
  'metrics',
  'log',
  'heartbeatMs',
  'clock',
  'enabled',
  'directory',
  'yields',
];
/** One less than there are connections: readers of events must not keep out who has a question. */
const EVENT_STREAMS = 3;

/**
 * Serves the pools of this process by a Unix socket that only its own user can reach (a named pipe with a token on Windows),
 * for `connectAdmin` and the command line. Rejects with `LG_INVALID_OPTION`; with `LG_UNSUPPORTED` where there is no private
 * place for the socket.
 *
 * @example
 * await using admin = await serveAdmin({ pools: [pool], name: 'orders', allow: ['evict'] });
 */
export async function serveAdmin(options: ServeAdminOptions): Promise<AdminServer> {
  refuseUnknown(options, KNOWN);
  const { enabled = true, directory, yields = false, ...rest } = options;
  return inTurn(async () => {
    // Also for one that serves nothing: the application has said that nothing shall be served.
    const makeWay = yields ? () => Promise.resolve() : closeGuest;
    if (!enabled || process.env['LIFEGUARD_ADMIN'] === 'off') {
      await makeWay();
      return new ServedAdmin(undefined, () => Promise.resolve());
    }
    const admin = await (process.platform === 'win32'
      ? servePipe(rest, directory ?? pipeDirectory(process.env), makeWay)
      : serveSocket(rest, directory === undefined ? runDirectories() : [directory], makeWay));
    if (yields) shared[GUEST] = admin;
    return admin;
  });
}

/** Under global symbols: another copy of this package takes turns as well, and what it has served gives way. */
const GUEST = Symbol.for('@lifeguard/yielding-admin');
const TURN = Symbol.for('@lifeguard/admin-turn');
const shared = globalThis as { [GUEST]?: AdminServer | undefined; [TURN]?: Promise<unknown> };

/** One after the other: two that began at the same time would both find the path free, and the later take it from the first. */
function inTurn<T>(serve: () => Promise<T>): Promise<T> {
  const turn = (shared[TURN] ?? Promise.resolve()).then(serve);
  shared[TURN] = turn.catch(() => undefined);
  return turn;
}

/** Closes what was served to give way. */
async function closeGuest(): Promise<void> {
  const guest = shared[GUEST];
  shared[GUEST] = undefined;
  await guest?.close();
}

class ServedAdmin implements AdminServer {
  readonly path: string | undefined;
  readonly #end: () => Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(path: string | undefined, end: () => Promise<void>) {
    this.path = path;
    this.#end = end;
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function serveSocket(
  options: AdminOptions,
  directories: readonly string[],
  makeWay: () => Promise<void>,
): Promise<AdminServer> {
  const desk = new AdminDesk({ ...options, transport: 'socket', maxEventStreams: EVENT_STREAMS });
  const name = socketName(process.pid, threadId);
  const directory = makePrivate(shortEnough(directories, name, process.platform));
  const path = join(directory, name);
  // Not before all that can be refused: who gives way to nobody would be missed.
  await makeWay();
  await sweepStaleSockets(directory);
  await clearPath(path);
  const server = serverOf(desk, options);
  await listen(server, path, () => bindPrivately(server, path));
  // Told apart from whatever may lie at this path later.
  const inode = lstatSync(path).ino;
  const remove = (): void => {
    if (lstatSync(path, { throwIfNoEntry: false })?.ino === inode) unlinkSync(path);
  };
  return served(desk, server, path, remove);
}

async function servePipe(
  options: AdminOptions,
  directory: string,
  makeWay: () => Promise<void>,
): Promise<AdminServer> {
  const address = pipeAddress(directory, process.pid);
  await makeWay();
  const token = writeToken(directory, address);
  const remove = (): void => rmSync(address.tokenFile, { force: true });
  const desk = new AdminDesk({ ...options, token, transport: 'socket', maxEventStreams: EVENT_STREAMS });
  const server = serverOf(desk, options);
  try {
    await listen(server, address.path, () => server.listen(address.path));
  } catch (error) {
    // Nobody shall send it to whoever has taken the pipe.
    remove();
    throw error;
  }
  return served(desk, server, address.path, remove);
}

function serverOf(desk: AdminDesk, { heartbeatMs = 15_000 }: AdminOptions): Server {
  return createAdminServer(toNodeListener(desk.handle), heartbeatMs).unref();
}

function served(desk: AdminDesk, server: Server, path: string, remove: () => void): AdminServer {
  const removeQuietly = (): void => {
    try {
      remove();
    } catch {
      // A socket that is left over is swept by the next process.
    }
  };
  addRoom(1);
  process.on('exit', removeQuietly);
  return new ServedAdmin(path, async () => {
    process.off('exit', removeQuietly);
    addRoom(-1);
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    desk.close();
    // What was just ended is still to be sent; what goes on after that is cut off.
    await setImmediate();
    server.closeAllConnections();
    await promise;
    removeQuietly();
  });
}

/** Node warns of a listener too many: ours is not to be the one. 0 is no limit. */
function addRoom(count: number): void {
  const max = process.getMaxListeners();
  if (max > 0) process.setMaxListeners(Math.max(1, max + count));
}

async function clearPath(path: string): Promise<void> {
  const state = await removeIfStale(path);
  if (state === 'missing' || state === 'stale') return;
  const isServed = state === 'answers';
  throw new AdminError(isServed ? 'served-already' : 'path-taken', {
    summary: isServed
      ? 'this process is served already'
      : 'there is something else where the admin socket should be',
    rows: [
      ['path', path],
      [
        'found',
        isServed ? 'a socket that answers' : state === 'not-ours' ? 'a socket of another user' : 'no socket',
      ],
      ['fix', isServed ? 'call serveAdmin once, with all pools' : 'look at it, and remove it'],
    ],
  });
}

async function listen(server: Server, path: string, bind: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('listening', resolve);
  server.once('error', reject);
  try {
    bind();
    await promise;
  } catch (cause) {
    server.close();
    throw new AdminError('path-taken', {
      summary: 'the admin socket cannot be opened',
      rows: [
        ['path', path],
        ['fix', 'see the cause; LIFEGUARD_ADMIN=off does without'],
      ],
      cause,
    });
  }
  server.off('error', reject);
  // The connection that could not be accepted is the other side's affair.
  server.on('error', () => undefined);
}

/** The socket is made within this call. Its directory keeps others out until its mode is set; a umask would be the whole process's. */
function bindPrivately(server: Server, path: string): void {
  // In a cluster the primary would make it, and share it.
  server.listen({ path, exclusive: true });
  // Without a socket its error comes in a moment, and what lies at the path is not ours.
  if (server.listening) chmodSync(path, 0o600);
}
