import { join } from 'node:path';
import { AdminError } from './admin-error.ts';

/** Bytes that the system's address of a Unix socket has room for, without the zero at its end. */
const LONGEST: Readonly<Record<string, number>> = { linux: 107, android: 107 };
const LONGEST_ELSEWHERE = 103;

/** `lifeguard-<pid>.sock`; a worker thread has a socket of its own, with its number. */
export function socketName(pid: number, threadId: number): string {
  return threadId === 0 ? `lifeguard-${pid}.sock` : `lifeguard-${pid}-${threadId}.sock`;
}

/** The process that made a socket of this name; `undefined` when it is none of ours. */
export function pidOfSocket(name: string): number | undefined {
  const [, pid] = /^lifeguard-(\d{1,10})(?:-\d{1,10})?\.sock$/.exec(name) ?? [];
  return pid === undefined ? undefined : Number(pid);
}

/** Whether a socket can have this path: a longer one would be cut by some systems, and lie elsewhere. */
function fitsSocket(path: string, platform: string): boolean {
  return Buffer.byteLength(path) <= longest(platform);
}

/** The first of the directories where the socket's path is short enough. Throws `LG_UNSUPPORTED` when there is none. */
export function shortEnough(directories: readonly string[], name: string, platform: string): string {
  const found = directories.find((directory) => fitsSocket(join(directory, name), platform));
  if (found !== undefined) return found;
  const paths = directories.map((directory) => join(directory, name));
  throw new AdminError('path-too-long', {
    summary: `the path of the admin socket is too long: ${longest(platform)} bytes are allowed`,
    rows: [
      ['path', paths.map((path) => `${path} (${Buffer.byteLength(path)} bytes)`)],
      ['fix', 'set XDG_RUNTIME_DIR, TMPDIR or the option "directory" to a shorter path'],
    ],
  });
}

function longest(platform: string): number {
  return LONGEST[platform] ?? LONGEST_ELSEWHERE;
}
