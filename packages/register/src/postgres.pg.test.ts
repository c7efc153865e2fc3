// Applications that use postgres.js and know nothing of us, in processes of their own, and the real command beside them.

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

test('it is seen where another tool gives Node the source, and where a dependency imports it', async () => {
  const world = makeApplication(database.url);
  await world.start(['--no-warnings', '--import', './giving-loader.mjs', ...IMPORT, 'postgres-leaky.mjs'], {
    env: QUICK,
  });
  await until(
    () => world.lifeguard('status'),
    ({ stdout }) => /active +1 of 4/.test(stdout),
  );
});

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
