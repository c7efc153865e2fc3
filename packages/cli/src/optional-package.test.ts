import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makeWorld } from '../test/run-cli.ts';
import type { Ran } from '../test/run-cli.ts';
import { optionalPackage } from './optional-package.ts';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));

/** The command as it is installed by somebody who has nothing but what it depends on. */
function installAlone(): (...args: string[]) => Ran {
  const { directory, env } = makeWorld();
  const home = join(directory, 'cli');
  mkdirSync(join(home, 'node_modules', '@lifeguard'), { recursive: true });
  cpSync(join(PACKAGE, 'src'), join(home, 'src'), { recursive: true });
  cpSync(join(PACKAGE, 'package.json'), join(home, 'package.json'));
  for (const name of ['commander', '@lifeguard/core', '@lifeguard/admin'])
    symlinkSync(realpathSync(join(PACKAGE, 'node_modules', name)), join(home, 'node_modules', name));
  return (...args) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(home, 'src', 'bin.ts'), ...args], {
      env,
      cwd: directory,
      encoding: 'utf8',
    });
    return { code: status, stdout, stderr };
  };
}

test('a command whose package is missing ends with 64, and says what installs it; the others run', () => {
  const lifeguard = installAlone();
  const server = lifeguard('server', 'postgres://app:LgCanary9@db/shop');
  expect(server).toMatchObject({ code: 64, stdout: '' });
  expect(server.stderr).toMatch(
    /^this command needs @lifeguard\/pg and pg\n {2}found +Cannot find package '@lifeguard\/pg' [^\n]+\n/,
  );
  expect(server.stderr).toContain(
    '  fix       install beside @lifeguard/cli: npm install @lifeguard/pg pg\n',
  );
  expect(server.stderr).not.toContain('LgCanary9');
  const config = lifeguard('config');
  expect(config).toMatchObject({ code: 64, stdout: '' });
  expect(config.stderr).toMatch(/needs @lifeguard\/config\n[^]*npm install @lifeguard\/config\n$/);
  expect(lifeguard('explain', 'LG_BUG').code).toBe(0);
  expect(lifeguard('ps').code).toBe(3);
  expect(lifeguard('completion', 'bash').code).toBe(0);
});

test('what fails in a package that is there is not taken for a missing one', async () => {
  const failure = new TypeError('a defect of it');
  await expect(optionalPackage(() => Promise.reject(failure), ['it'])).rejects.toBe(failure);
});
