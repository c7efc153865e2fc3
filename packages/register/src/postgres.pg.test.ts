// Applications that use postgres.js and know nothing of us, in processes of their own, and the real command beside them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { usePostgres } from '@lifeguard/testing/vitest';
import { describe, expect, test } from 'vitest';
import { IMPORT, REQUIRE, makeApplication, nodeOf, until } from '../test/untouched-application.ts';

const database = usePostgres();
const QUICK = { LIFEGUARD_LEAK_THRESHOLD: '100ms', LIFEGUARD_LOG: 'off' };

test('an ES module with postgres.js and pg: both are seen, and each line that leaks is named', async () => {
  const world = makeApplication(database.url);
  await world.start([...IMPORT, 'postgres-leaky.mjs'], { env: QUICK });
  const found = await until(
    () => world.lifeguard('diagnose'),
    ({ stdout }) => stdout.includes('postgres-leaky.mjs:8') && stdout.includes('postgres-leaky.mjs:13'),
  );
  expect(found.stdout).toMatch(/postgres-leaky\.mjs:8 forgetful/);
  const { stdout } = await world.lifeguard('status');
  expect(stdout).toMatch(/active +1 of 4, 1 idle/);
  expect(stdout).toMatch(/active +1 of 3, 0 idle/);
});

test('CommonJS, and a dependency with another copy of it', async () => {
  const world = makeApplication(database.url);
  await world.start([...REQUIRE, 'postgres-leaky.cjs'], { env: QUICK });
  const found = await until(
    () => world.lifeguard('diagnose'),
    ({ stdout }) => stdout.includes('postgres-leaky.cjs:6') && stdout.includes('postgres-leaky.cjs:18'),
  );
  expect(found.stdout).toMatch(/postgres-leaky\.cjs:6 hanging/);
  expect(found.stdout).toMatch(/postgres-leaky\.cjs:18 careless/);
});

test.each(['postgres-leaky.mjs', 'postgres-leaky.cjs'])(
  'it is seen where another tool gives Node the source: %s',
  async (program) => {
    const world = makeApplication(database.url);
    const args = ['--no-warnings', '--import', './giving-loader.mjs', ...IMPORT, program];
    await world.start(args, { env: QUICK });
    await until(
      () => world.lifeguard('status'),
      ({ stdout }) => /active +1 of 4/.test(stdout),
    );
  },
);

describe.each([
  ['Node 22', nodeOf('node22')],
  ['this Node', process.execPath],
  ['Node 26', nodeOf('node26')],
])('on %s', (_, node) => {
  test.each([
    ['--import', IMPORT],
    ['--require', REQUIRE],
  ])('an application behaves with %s as without, and ends by itself', async (_, watched) => {
    const world = makeApplication(database.url);
    const plain = await world.run(['--no-warnings', 'postgres-scenario.mjs'], { node });
    const seen = await world.run(['--no-warnings', ...watched, 'postgres-scenario.mjs'], { node });
    expect(plain).toMatchObject({ code: 3, stderr: '' });
    expect(seen).toEqual(plain);
  });
});

test('where it cannot be watched the application goes on, and is told of it once', async () => {
  const world = makeApplication(database.url);
  const name = new URL(database.url).pathname.slice(1);
  const both = await world.run([...IMPORT, 'postgres-seen.mjs']);
  expect(both).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(both.stdout)).toEqual([
    [1, name],
    [1, name],
  ]);
  const off = await world.run([...IMPORT, 'postgres-seen.mjs'], { env: { LIFEGUARD_ENABLED: '0' } });
  expect(JSON.parse(off.stdout)).toEqual([
    [1, null],
    [1, null],
  ]);
  const older = await world.run(['--import', './no-hooks.mjs', ...IMPORT, 'postgres-seen.mjs']);
  expect(JSON.parse(older.stdout)).toEqual([
    [1, null],
    [1, name],
  ]);
  expect(older.stderr.match(/LG_UNSUPPORTED/g)).toHaveLength(1);
  expect(older.stderr).toContain('postgres.js is not watched where it is imported: needs Node 22.15');
});

const OTEL = { OTEL_FROM: fileURLToPath(import.meta.url) };

describe.each([
  ['Node 22', nodeOf('node22')],
  ['this Node', process.execPath],
  ['Node 26', nodeOf('node26')],
])('beside the loader of OpenTelemetry, on %s', (_, node) => {
  test.each([
    ['before', ['--import', './telemetry.mjs', ...IMPORT]],
    ['after', [...IMPORT, '--import', './telemetry.mjs']],
  ])('an application behaves as without us, where that is set up %s', async (_, args) => {
    const world = makeApplication(database.url);
    const plain = ['--no-warnings', '--import', './telemetry.mjs', 'postgres-scenario.mjs'];
    const seen = await world.run(['--no-warnings', ...args, 'postgres-scenario.mjs'], { node, env: OTEL });
    expect(seen).toEqual(await world.run(plain, { node, env: OTEL }));
    expect(seen).toMatchObject({ code: 3, stderr: '' });
  });
});

test('a version that is too old is told of once, and keeps no other from being watched', async () => {
  const world = makeApplication(database.url);
  const program = `
    const old = Object.assign(() => () => 'old', { PostgresError: Error, BigInt: {}, toCamel: 1, fromKebab: 1 });
    module.exports = old;
    if (require.main === module) {
      for (const _ of [1, 2]) console.log(require('./again.cjs')()());
      const sql = require('postgres')(process.env.DATABASE_URL, { max: 1 });
      console.log(sql[Symbol.for('@lifeguard/watched-sql')] !== undefined);
    }
  `;
  writeFileSync(join(world.directory, 'again.cjs'), program);
  writeFileSync(join(world.directory, 'old.cjs'), program);
  const { stdout, stderr } = await world.run([...IMPORT, 'old.cjs']);
  expect(stdout).toBe('old\nold\ntrue\n');
  expect(stderr.match(/postgres\.js is not watched/g)).toHaveLength(1);
});

test('a mock that a test puts in the place of postgres.js is the one that is used', async () => {
  const world = makeApplication(database.url);
  const program = `
    import { mock } from 'node:test';
    const path = import.meta.resolve('postgres');
    mock.module('postgres', { defaultExport: () => 'mocked' });
    console.log((await import('postgres')).default(), path.endsWith('/src/index.js'));
  `;
  writeFileSync(join(world.directory, 'mocked-postgres.mjs'), program);
  const args = ['--no-warnings', '--experimental-test-module-mocks', ...IMPORT, 'mocked-postgres.mjs'];
  expect((await world.run(args)).stdout).toContain('mocked true\n');
});

test.each([
  [
    'with another default',
    'export const name = "other"; export default () => () => "own";',
    `import make, { name } from 'other'; console.log(name, make()(), Object.keys(make))`,
    'other own []\n',
  ],
  [
    'without a default',
    'export const name = "other";',
    `import * as other from 'other'; console.log(Object.keys(other))`,
    "[ 'name' ]\n",
  ],
])('a module that is only called postgres is left alone, %s', async (_, source, program, stdout) => {
  const world = makeApplication(database.url);
  const directory = join(world.directory, 'node_modules', 'other', 'src');
  mkdirSync(directory, { recursive: true });
  const manifest = '{ "name": "postgres", "type": "module", "exports": "./src/index.js" }';
  writeFileSync(join(directory, '..', 'package.json'), manifest);
  writeFileSync(join(directory, 'index.js'), source);
  writeFileSync(join(world.directory, 'other.mjs'), program);
  expect(await world.run([...IMPORT, 'other.mjs'])).toEqual({ code: 0, stdout, stderr: '' });
});

test('an application of CommonJS that is only called postgres is the main module, as without us', async () => {
  const world = makeApplication(database.url);
  const directory = join(world.directory, 'application', 'src');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, '..', 'package.json'), '{ "name": "postgres" }');
  writeFileSync(join(directory, 'index.js'), 'console.log(require.main === module)');
  expect((await world.run([...IMPORT, 'application/src/index.js'])).stdout).toBe('true\n');
});
