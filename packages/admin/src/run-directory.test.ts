// Security rule 1: where the socket may lie.

import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { privateDirectory } from '../test/run-application.ts';
import { makePrivate, runDirectories, runDirectory } from './run-directory.ts';
import { serveAdmin } from './serve-admin.ts';

const isRoot = process.geteuid?.() === 0;
const mode = (path: string): number => lstatSync(path).mode & 0o777;

const refusal = (found: RegExp): unknown =>
  expect.objectContaining({
    code: 'LG_UNSUPPORTED',
    reason: 'directory-not-private',
    message: expect.stringMatching(found) as unknown,
  });

describe('security rule 1: the directory', () => {
  it('is $XDG_RUNTIME_DIR/lifeguard where that is ours and private', () => {
    const runtime = privateDirectory();
    expect(runDirectory({ XDG_RUNTIME_DIR: runtime })).toBe(join(runtime, 'lifeguard'));
    expect(mode(join(runtime, 'lifeguard'))).toBe(0o700);
  });

  it.each(['relative/path', '', '/nowhere/at/all'])('is not below XDG_RUNTIME_DIR=%j', (runtime) => {
    expect(runDirectories({ XDG_RUNTIME_DIR: runtime })).toEqual([ofTemporary()]);
  });

  it('is not below an XDG_RUNTIME_DIR that others can enter', () => {
    const runtime = privateDirectory();
    chmodSync(runtime, 0o755);
    expect(runDirectories({ XDG_RUNTIME_DIR: runtime })).toEqual([ofTemporary()]);
  });

  it('is one of this user in the directory for temporary files otherwise', () => {
    const temporary = privateDirectory();
    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => void vi.unstubAllEnvs());
    const directory = runDirectory({});
    expect(directory).toBe(join(temporary, `lifeguard-${process.geteuid?.()}`));
    expect(mode(directory)).toBe(0o700);
  });

  it('is made with mode 0700 under any umask', () => {
    const parent = privateDirectory();
    for (const umask of [0o000, 0o022, 0o077]) {
      const directory = join(parent, `umask-${umask}`);
      const before = process.umask(umask);
      makePrivate(directory);
      process.umask(before);
      expect(mode(directory)).toBe(0o700);
    }
  });

  it.each([0o755, 0o750, 0o701, 0o770, 0o777])(
    'is refused with mode %o: others have access',
    async (open) => {
      const directory = privateDirectory();
      chmodSync(directory, open);
      expect(() => makePrivate(directory)).toThrow(refusal(/its mode is 07\d\d: others have access/));
      await expect(serveAdmin({ pools: [], directory })).rejects.toThrow(refusal(/others have access/));
    },
  );

  it('is refused when it is a link, also to a private one', () => {
    const parent = privateDirectory();
    mkdirSync(join(parent, 'real'), { mode: 0o700 });
    symlinkSync(join(parent, 'real'), join(parent, 'link'));
    symlinkSync(join(parent, 'nowhere'), join(parent, 'dangling'));
    for (const name of ['link', 'dangling'])
      expect(() => makePrivate(join(parent, name))).toThrow(refusal(/it is a symbolic link/));
  });

  it('is refused when it is a file', () => {
    const path = join(privateDirectory(), 'file');
    writeFileSync(path, '');
    expect(() => makePrivate(path)).toThrow(refusal(/it is not a directory/));
  });

  it.skipIf(!isRoot)('is refused when it belongs to somebody else (needs root)', () => {
    const directory = privateDirectory();
    chownSync(directory, 65_534, 65_534);
    expect(() => makePrivate(directory)).toThrow(
      refusal(/it belongs to the user with the id 65534, and not to 0/),
    );
  });

  it.skipIf(!isRoot)('is refused in a parent that belongs to somebody else (needs root)', () => {
    const parent = privateDirectory();
    mkdirSync(join(parent, 'lifeguard'), { mode: 0o700 });
    chownSync(parent, 65_534, 65_534);
    expect(() => makePrivate(join(parent, 'lifeguard'))).toThrow(
      refusal(/the user with the id 65534 may replace it: its parent is theirs/),
    );
  });

  it('is refused in a parent where others could replace it', () => {
    const parent = mkdtempSync(join(tmpdir(), 'lg-admin-'));
    onTestFinished(() => rmSync(parent, { recursive: true }));
    chmodSync(parent, 0o777);
    expect(() => makePrivate(join(parent, 'lifeguard'))).toThrow(refusal(/others may replace it/));
    const link = join(privateDirectory(), 'link');
    symlinkSync(parent, link);
    expect(() => makePrivate(join(link, 'lifeguard'))).toThrow(refusal(/others may replace it/));
    // As /tmp is.
    chmodSync(parent, 0o1777);
    expect(makePrivate(join(parent, 'lifeguard'))).toBe(join(parent, 'lifeguard'));
  });

  it.each(['\0lifeguard', '/tmp/\0', 'relative'])(
    '%j is none: there are no abstract sockets',
    (directory) => {
      expect(() => makePrivate(directory)).toThrow(refusal(/it is no absolute path/));
    },
  );

  it('whose parent is missing is refused, with the reason', () => {
    expect(() => makePrivate('/nowhere/at/all')).toThrow(refusal(/it cannot be made \(ENOENT\)/));
  });

  it('says what was found, what is likely and what to do', () => {
    const directory = privateDirectory();
    chmodSync(directory, 0o755);
    expect(() => makePrivate(directory)).toThrow(
      [
        'the directory of the admin sockets is not private',
        `  directory ${directory}`,
        '  found     its mode is 0755: others have access',
        '  likely    somebody else made it, or it was made with a wide umask',
        '  fix       remove it, or chmod 700 it if it is yours; or set XDG_RUNTIME_DIR to a directory of yours',
        '  more      npx -p @lifeguard/cli lifeguard explain LG_UNSUPPORTED',
      ].join('\n'),
    );
  });
});

function ofTemporary(): string {
  return join(tmpdir(), `lifeguard-${process.geteuid?.()}`);
}
