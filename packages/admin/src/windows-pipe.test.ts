import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { privateDirectory } from '../test/run-application.ts';
import {
  listPipes,
  pidOfTokenFile,
  pipeAddress,
  pipeDirectory,
  readToken,
  writeToken,
} from './windows-pipe.ts';

describe('on Windows, where no mode keeps others from a pipe', () => {
  it('the pipe is named after the process, and its token lies among the user’s own files', () => {
    const directory = pipeDirectory({ LOCALAPPDATA: String.raw`C:\Data\me\Local` });
    expect(pipeAddress(directory, 12)).toEqual({
      pid: 12,
      path: String.raw`\\.\pipe\lifeguard-12`,
      tokenFile: String.raw`C:\Data\me\Local\lifeguard\lifeguard-12.token`,
    });
  });

  it.each([undefined, '', 'relative'])('there is none with LOCALAPPDATA=%j', (LOCALAPPDATA) => {
    expect(() => pipeDirectory({ LOCALAPPDATA })).toThrow(
      expect.objectContaining({ reason: 'directory-not-private' }),
    );
  });

  it('a token is random, in a new file that only its user may read', () => {
    const directory = privateDirectory();
    const address = { ...pipeAddress(directory, 1), tokenFile: join(directory, 'lifeguard-1.token') };
    writeFileSync(address.tokenFile, 'of a process before', { mode: 0o644 });
    const token = writeToken(directory, address);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(readToken(address)).toBe(token);
    expect(lstatSync(address.tokenFile).mode & 0o777).toBe(0o600);
    expect(writeToken(directory, address)).not.toBe(token);
    expect(readFileSync(address.tokenFile, 'utf8')).not.toContain(token);
  });

  it('processes are found by their token files', () => {
    const directory = privateDirectory();
    for (const name of ['lifeguard-7.token', 'lifeguard-x.token', 'notes.txt'])
      writeFileSync(join(directory, name), '');
    expect(listPipes(directory).map(({ pid }) => pid)).toEqual([7]);
    expect(pidOfTokenFile('lifeguard-7.token.bak')).toBeUndefined();
  });
});
