import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadSettings } from './load-settings.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lifeguard-config-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const text = 'providers:\n  database:\n    pool_size: ${SIZE:-5}\n';

async function write(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

describe('a file', () => {
  test('is found by a path relative to a folder, by an absolute one and by a URL', async () => {
    const path = await write('settings.yaml', text);
    for (const file of ['settings.yaml', './settings.yaml', path, pathToFileURL(path)]) {
      const { database } = await loadSettings(file, { cwd: folder, env: {} });
      expect(database.pool.size).toBe(5);
    }
  });

  test('is settings.yaml when nothing else is said', async () => {
    await write('settings.yaml', text);
    const { origins } = await loadSettings(undefined, { cwd: folder, env: { SIZE: '7' } });
    expect(origins['providers.database.pool_size']).toBe('settings.yaml:3:16 (env SIZE)');
  });

  test('takes variables from the environment of the process', async () => {
    await write('settings.yaml', 'providers:\n  database:\n    name: "${PATH}"\n');
    const path = process.env['PATH'] ?? '';
    const promise = loadSettings('settings.yaml', { cwd: folder });
    if (path.length > 100) await expect(promise).rejects.toThrow('a text of 1 to 100 characters');
    else expect((await promise).database.pool.name).toBe(path);
  });

  test('may be a link, and just as large as is allowed', async () => {
    const path = await write('real.yaml', text + '#'.repeat(256 * 1024 - text.length));
    await symlink(path, join(folder, 'settings.yaml'));
    const { database } = await loadSettings('settings.yaml', { cwd: folder, env: {} });
    expect(database.pool.size).toBe(5);
  });

  test('may begin with a byte-order mark', async () => {
    await write('settings.yaml', `\uFEFF${text}`);
    expect((await loadSettings('settings.yaml', { cwd: folder, env: {} })).database.pool.size).toBe(5);
  });
});

describe('what cannot be read is refused', () => {
  const failure = (name: string) =>
    loadSettings(name, { cwd: folder, env: {} }).then(
      () => expect.unreachable(),
      (error: Error) => error.message,
    );

  test('with the place and the shortest file that will do when there is none', async () => {
    expect(await failure('settings.yaml')).toBe(
      `
cannot read settings.yaml: there is no such file
  looked    at ${join(folder, 'settings.yaml')}
  fix       create it; the shortest that will do is
              providers:
                database:
                  url: \${DATABASE_URL}
  more      npx -p @lifeguard/cli lifeguard explain LG_INVALID_SETTINGS
`.trim(),
    );
  });

  test('with a hint at the file under the other ending', async () => {
    await write('settings.yml', text);
    expect(await failure('settings.yaml')).toContain('fix       there is a settings.yml; name that one');
  });

  test('as a directory', async () => {
    await mkdir(join(folder, 'settings.yaml'));
    expect(await failure('settings.yaml')).toContain(
      'cannot read settings.yaml: it is a directory\n  looked',
    );
    expect(await failure('settings.yaml/none.yaml')).toContain('there is no such file');
  });

  test('below what is no directory', async () => {
    await write('file', '');
    expect(await failure('file/settings.yaml')).toContain('a part of the path is not a directory');
  });

  test('as a file of somebody else', async () => {
    await chmod(await write('settings.yaml', text), 0o000);
    // Root may read everything, so it asks as somebody who may not.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      expect(await failure('settings.yaml')).toContain('this user may not read it');
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  test('as a link to itself', async () => {
    await symlink('settings.yaml', join(folder, 'settings.yaml'));
    expect(await failure('settings.yaml')).toContain('its symbolic links go round in a circle');
  });

  test('as too large, without reading all of it', async () => {
    await write('settings.yaml', '#'.repeat(2 ** 20));
    expect(await failure('settings.yaml')).toContain('it is larger than 256 kB');
  });

  test('as an endless device', async () => {
    expect(await failure('/dev/zero')).toContain('it is larger than 256 kB');
  });

  test('in another encoding', async () => {
    await write('settings.yaml', Buffer.from(`\uFEFF${text}`, 'utf16le'));
    expect(await failure('settings.yaml')).toContain('settings.yaml is written in UTF-16; save it as UTF-8');
    await write('settings.yaml', Buffer.from('a: 5\nb: ä', 'latin1'));
    expect(await failure('settings.yaml')).toContain(
      'settings.yaml is not UTF-8 from line 2 on; save it as UTF-8',
    );
  });

  test('with the system’s own error as the cause', async () => {
    await expect(loadSettings('settings.yaml', { cwd: folder })).rejects.toMatchObject({
      code: 'LG_INVALID_SETTINGS',
      cause: { code: 'ENOENT' },
      problems: [{ file: 'settings.yaml', line: undefined, message: 'there is no such file' }],
    });
  });
});
