import { execFile } from 'node:child_process';
import { cp, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

export interface UnixUser {
  readonly uid: number;
  readonly gid: number;
}

/** Whom the server runs as: PostgreSQL refuses root. `undefined` means the current user. */
export async function unprivilegedUser(): Promise<UnixUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  // `nobody` exists on every system, so that nothing has to be created on the machine.
  const user = (await lookUp('postgres')) ?? (await lookUp('nobody'));
  if (user === undefined) throw new Error('PostgreSQL cannot run as root, and there is no user to run it as');
  return user;
}

/** `programs`, or a copy of it in `directory` when `user` may not enter the folder (root's home, say). */
export async function programsFor(
  user: UnixUser | undefined,
  programs: string,
  directory: string,
): Promise<string> {
  if (user === undefined || (await mayEnter(programs, user))) return programs;
  const copy = join(directory, 'programs');
  await cp(programs, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

async function lookUp(name: string): Promise<UnixUser | undefined> {
  const id = async (flag: string) => Number((await promisify(execFile)('id', [flag, name])).stdout);
  try {
    const [uid, gid] = await Promise.all([id('-u'), id('-g')]);
    return { uid, gid };
  } catch {
    return undefined; // No such user.
  }
}

async function mayEnter(folder: string, user: UnixUser): Promise<boolean> {
  const { mode, uid, gid } = await stat(folder);
  const execute = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  if ((mode & execute) === 0) return false;
  return dirname(folder) === folder || mayEnter(dirname(folder), user);
}
