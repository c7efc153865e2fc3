import { lstatSync, mkdirSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import process from 'node:process';
import { AdminError, systemCode } from './admin-error.ts';

/** Where the directory may be, as the environment says. */
export interface RunEnvironment {
  readonly XDG_RUNTIME_DIR?: string | undefined;
}

/** What is found at a path that should be a private directory. */
export type DirectoryFinding =
  | { readonly kind: 'private' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'refused'; readonly found: string };

/**
 * The directory of the admin sockets of this user, which is made when it is missing: `$XDG_RUNTIME_DIR/lifeguard`, where that
 * is ours and private, or else `lifeguard-<uid>` in the directory for temporary files. Node cannot ask a socket who is at its
 * other end, so this directory is what keeps others out: throws `LG_UNSUPPORTED` when it is a link, somebody else's, or open
 * to a group or to all.
 */
export function runDirectory(environment: RunEnvironment = process.env): string {
  const [first] = runDirectories(environment);
  return makePrivate(first ?? temporaryDirectory());
}

/** Where sockets may be, the preferred place first: an application may run with another environment than who looks for it. */
export function runDirectories(
  { XDG_RUNTIME_DIR: runtime }: RunEnvironment = process.env,
): readonly string[] {
  const isUsable =
    runtime !== undefined && isAbsolute(runtime) && inspectDirectory(runtime).kind === 'private';
  return isUsable ? [join(runtime, 'lifeguard'), temporaryDirectory()] : [temporaryDirectory()];
}

/** Makes `directory`, or accepts it as it is, if nobody else can get in. Throws `LG_UNSUPPORTED`. */
export function makePrivate(directory: string): string {
  // An abstract socket has no directory, and whoever knows its name may connect.
  if (!isAbsolute(directory) || directory.includes('\0'))
    throw notPrivate(directory, 'it is no absolute path', 'give an absolute path of a directory');
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST')
      throw notPrivate(
        directory,
        `it cannot be made (${systemCode(error) ?? 'unknown'})`,
        'see to it that its parent can be written to',
        error,
      );
  }
  const finding = inspectDirectory(directory);
  if (finding.kind === 'private') return directory;
  const found = finding.kind === 'missing' ? 'it was removed' : finding.found;
  throw notPrivate(
    directory,
    found,
    'remove it, or chmod 700 it if it is yours; or set XDG_RUNTIME_DIR to a directory of yours',
  );
}

/** Whether nobody but this user can enter, replace or change a directory. Follows no link. */
export function inspectDirectory(directory: string): DirectoryFinding {
  try {
    return judge(lstatSync(directory), statSync(dirname(directory)));
  } catch (error) {
    const code = systemCode(error);
    return code === 'ENOENT' ? { kind: 'missing' } : refused(`it cannot be looked at (${code ?? 'unknown'})`);
  }
}

function judge(stats: Stats, parent: Stats): DirectoryFinding {
  if (stats.isSymbolicLink()) return refused('it is a symbolic link');
  if (!stats.isDirectory()) return refused('it is not a directory');
  const uid = process.geteuid?.();
  if (stats.uid !== uid) return refused(`it belongs to the user with the id ${stats.uid}, and not to ${uid}`);
  const mode = stats.mode & 0o777;
  if ((mode & 0o077) !== 0)
    return refused(`its mode is ${mode.toString(8).padStart(4, '0')}: others have access`);
  // Whoever may rename it could put another one in its place, unless the parent is sticky as /tmp is.
  if (parent.uid !== uid && parent.uid !== 0)
    return refused(`the user with the id ${parent.uid} may replace it: its parent is theirs`);
  if ((parent.mode & 0o022) !== 0 && (parent.mode & 0o1000) === 0)
    return refused('others may replace it: its parent can be written to by others, and is not sticky');
  return { kind: 'private' };
}

function refused(found: string): DirectoryFinding {
  return { kind: 'refused', found };
}

function temporaryDirectory(): string {
  return join(tmpdir(), `lifeguard-${process.geteuid?.() ?? 0}`);
}

function notPrivate(directory: string, found: string, fix: string, cause?: unknown): AdminError {
  return new AdminError('directory-not-private', {
    summary: `the directory of the admin sockets is not private`,
    rows: [
      ['directory', directory],
      ['found', found],
      ['likely', 'somebody else made it, or it was made with a wide umask'],
      ['fix', fix],
    ],
    cause,
  });
}
