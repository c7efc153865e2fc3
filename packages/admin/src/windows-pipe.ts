import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { win32 } from 'node:path';
import { AdminError } from './admin-error.ts';

/** Where a process listens on Windows: a pipe that others may open, and a token that only its user may read. */
export interface PipeAddress {
  readonly pid: number;
  readonly path: string;
  readonly tokenFile: string;
}

/** The part of the environment that says where a user's own files are. */
export interface WindowsEnvironment {
  readonly LOCALAPPDATA?: string | undefined;
}

/** The folder of the token files: only its user, and administrators, may read in a user's local app data. */
export function pipeDirectory({ LOCALAPPDATA: local }: WindowsEnvironment): string {
  if (local === undefined || !win32.isAbsolute(local))
    throw new AdminError('directory-not-private', {
      summary: 'there is no folder that only this user may read: LOCALAPPDATA is not set',
      rows: [['fix', 'set LOCALAPPDATA, as Windows does for every user']],
    });
  return win32.join(local, 'lifeguard');
}

/** Where the process with this number listens. */
export function pipeAddress(directory: string, pid: number): PipeAddress {
  return {
    pid,
    path: `\\\\.\\pipe\\lifeguard-${pid}`,
    tokenFile: win32.join(directory, `lifeguard-${pid}.token`),
  };
}

/** The process that a token file of this name is of; `undefined` when it is none of ours. */
export function pidOfTokenFile(name: string): number | undefined {
  const [, pid] = /^lifeguard-(\d{1,10})\.token$/.exec(name) ?? [];
  return pid === undefined ? undefined : Number(pid);
}

/** A new token, in the file of the process. */
export function writeToken(directory: string, { tokenFile }: PipeAddress): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const token = randomBytes(32).toString('base64url');
  // Never into what was there: another process may have opened it.
  rmSync(tokenFile, { force: true });
  writeFileSync(tokenFile, token, { mode: 0o600, flag: 'wx' });
  return token;
}

/** The token of a process that listens. */
export function readToken({ tokenFile }: PipeAddress): string {
  return readFileSync(tokenFile, 'utf8').trim();
}

/** The processes that have a token file, whether they run or not. */
export function listPipes(directory: string): readonly PipeAddress[] {
  return readdirSync(directory).flatMap((name) => {
    const pid = pidOfTokenFile(name);
    return pid === undefined ? [] : [pipeAddress(directory, pid)];
  });
}
