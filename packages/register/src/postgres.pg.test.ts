// Applications that use postgres.js and know nothing of us, in processes of their own, and the real command beside them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

test('a module that is only called postgres is left alone', async () => {
  const world = makeApplication(database.url);
  const directory = join(world.directory, 'node_modules', 'other', 'src');
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, '..', 'package.json'),
    '{ "name": "postgres", "type": "module", "exports": "./src/index.js" }',
  );
  writeFileSync(
    join(directory, 'index.js'),
    'export const name = "other"; export default () => () => "own";',
  );
  const program = `import make, { name } from 'other'; console.log(name, make()(), Object.keys(make))`;
  writeFileSync(join(world.directory, 'other.mjs'), program);
  expect(await world.run([...IMPORT, 'other.mjs'])).toEqual({
    code: 0,
    stdout: 'other own []\n',
    stderr: '',
  });
});
