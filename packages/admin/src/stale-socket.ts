import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { systemCode } from './admin-error.ts';
import { pidOfSocket } from './socket-path.ts';

/** What a connection to a path meets. */
export type SocketState = 'answers' | 'stale' | 'missing' | 'not-ours' | 'not-a-socket';

/** How long somebody may take to accept, in milliseconds; who takes longer is there, and busy. */
const ACCEPT_MS = 1_000;
/** Sockets that are looked at in one sweep. */
const MAX_SWEPT = 64;

/** Tries a connection, but only to a socket of ours. */
async function trySocket(path: string): Promise<SocketState> {
  const kind = kindOf(path);
  return kind === 'socket' ? tryConnect(path) : kind;
}

/** Removes a socket that is ours and that nobody answers on; no other kind of file. Answers what it has found. */
export async function removeIfStale(path: string): Promise<SocketState> {
  const state = await trySocket(path);
  if (state !== 'stale' || kindOf(path) !== 'socket') return state;
  removeQuietly(path);
  return state;
}

/**
 * Removes what ended processes have left in our directory. A process that runs keeps its socket, also when it does not
 * answer: it may just be about to listen.
 */
export async function sweepStaleSockets(directory: string): Promise<void> {
  const names = readdirSync(directory).filter((name) => isOfEnded(pidOfSocket(name)));
  for (const name of names.slice(0, MAX_SWEPT)) await removeIfStale(join(directory, name));
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another process has swept it meanwhile.
  }
}

function kindOf(path: string): 'socket' | Exclude<SocketState, 'answers' | 'stale'> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 'missing';
  if (!stats.isSocket()) return 'not-a-socket';
  return stats.uid === process.geteuid?.() ? 'socket' : 'not-ours';
}

function tryConnect(path: string): Promise<SocketState> {
  const { promise, resolve } = Promise.withResolvers<SocketState>();
  const socket = connect({ path });
  socket.setTimeout(ACCEPT_MS, () => resolve('answers'));
  socket.once('connect', () => resolve('answers'));
  socket.once('error', (error) => {
    const code = systemCode(error);
    // A full backlog, or no right to connect: somebody is there.
    resolve(code === 'ECONNREFUSED' ? 'stale' : code === 'ENOENT' ? 'missing' : 'answers');
  });
  return promise.finally(() => socket.destroy());
}

function isOfEnded(pid: number | undefined): boolean {
  if (pid === undefined || pid === 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return systemCode(error) === 'ESRCH';
  }
}
