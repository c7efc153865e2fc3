import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeWorld } from '../test/run-cli.ts';

const SETTINGS = `providers:
  database:
    url: \${SHOP_URL}
    pool_size: 5
    pool_timeout: 30
    pool_recycle: -1
`;

test('settings are shown with who says so, and without a password', async () => {
  const { lifeguard, directory } = makeWorld({ SHOP_URL: 'postgres://app:LgCanary9@db/shop' });
  writeFileSync(join(directory, 'settings.yaml'), SETTINGS);
  const { code, stdout, stderr } = await lifeguard('config');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^settings\.yaml\n\nproviders\.database\n {2}KEY +VALUE +DEFAULT +ORIGIN\n/);
  expect(stdout).toMatch(
    /\n {2}url +postgres:\/\/app:\*{3}@db\/shop +not set +settings\.yaml:3:10 \(env SHOP_URL\)\n/,
  );
  expect(stdout).toMatch(/\n {2}pool_size +5 +20 +settings\.yaml:4:16\n/);
  expect(stdout).toMatch(/\n {2}max_overflow +40 +40 +default\n/);
  expect(stdout).not.toContain('LgCanary9');
});

test('as data they have their places, and only what differs when that is asked for', async () => {
  const { lifeguard, directory } = makeWorld({ DATABASE_URL: 'postgres://app:LgCanary9@db/shop' });
  mkdirSync(join(directory, 'deploy'));
  writeFileSync(join(directory, 'deploy', 'pool.yaml'), SETTINGS.replace(/ {4}url.*\n/, ''));
  const { code, stdout } = await lifeguard('config', 'deploy/pool.yaml', '--changed', '--json');
  expect(code).toBe(0);
  const section = 'providers.database';
  const place = (line: number, column: number): object => ({
    kind: 'file',
    file: 'deploy/pool.yaml',
    line,
    column,
    variables: [],
  });
  expect(JSON.parse(stdout)).toEqual({
    schemaVersion: 1,
    kind: 'lifeguard-config',
    file: 'deploy/pool.yaml',
    settings: [
      {
        section,
        key: 'url',
        value: 'postgres://app:***@db/shop',
        isDefault: false,
        origin: { kind: 'environment', variable: 'DATABASE_URL' },
      },
      { section, key: 'pool_size', value: 5, fallback: 20, isDefault: false, origin: place(3, 16) },
      { section, key: 'pool_recycle', value: -1, fallback: '30m', isDefault: false, origin: place(5, 19) },
    ],
  });
});

test('all that is wrong is told on stderr as loadSettings tells it, and ends with 2', async () => {
  const { lifeguard, directory } = makeWorld();
  writeFileSync(
    join(directory, 'settings.yaml'),
    'providers:\n  database:\n    pool_sise: 5\n    password: LgCanary9\n    pool_timeout: 30000\n',
  );
  const { code, stdout, stderr } = await lifeguard('config', '--json');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^LifeguardError \[LG_INVALID_SETTINGS\]: settings\.yaml has 3 problems\n/);
  expect(stderr).toContain(
    'settings.yaml:3:5 providers.database.pool_sise: unknown key, did you mean "pool_size"?',
  );
  expect(stderr).toContain('did you mean 30000ms?');
  expect(stderr).not.toContain('LgCanary9');
});

test('where there is no file it says where it has looked, and ends with 2', async () => {
  const { lifeguard, directory } = makeWorld();
  const { code, stderr } = await lifeguard('config');
  expect(code).toBe(2);
  expect(stderr).toContain(`looked    at ${join(directory, 'settings.yaml')}`);
});

test('a running application shows what its pools really have', async () => {
  const { lifeguard, application } = makeWorld();
  const { pid } = await application({ name: 'orders', pools: ['main', 'reports'] });
  const { code, stdout } = await lifeguard('config', '--running', '--changed');
  expect(code).toBe(0);
  expect(stdout).toContain(`orders (pid ${pid})\n\npool main\n`);
  expect(stdout).toMatch(/\n {2}size +2 +20 +running application\n/);
  expect(stdout).toMatch(/\n {2}leakThresholdMs +50ms +30s +running application\n/);
  expect(stdout).not.toContain('idleThresholdMs');
  const reports = await lifeguard('config', '--pool', 'reports', '--json');
  expect(JSON.parse(reports.stdout)).toMatchObject({
    kind: 'lifeguard-config',
    application: `orders (pid ${pid})`,
    settings: expect.arrayContaining([
      {
        section: 'reports',
        key: 'maxUses',
        value: null,
        fallback: null,
        isDefault: true,
        origin: { kind: 'application' },
      },
    ]),
  });
});

test('a file and an application at once end with 64; nobody who answers, with 3', async () => {
  const { lifeguard } = makeWorld();
  expect((await lifeguard('config', 'settings.yaml', '--running')).code).toBe(64);
  expect((await lifeguard('config', '--running')).code).toBe(3);
});
