// Applications that know nothing of us, in processes of their own, and the real command beside them.

import { usePostgres } from '@lifeguard/testing/vitest';
import { describe, expect, test } from 'vitest';
import { IMPORT, REQUIRE, makeApplication, nodeOf, until } from '../test/untouched-application.ts';

const database = usePostgres();
const QUICK = { LIFEGUARD_LEAK_THRESHOLD: '100ms', LIFEGUARD_LOG: 'off' };

const RUNTIMES = [
  ['Node 22', nodeOf('node22')],
  ['this Node', process.execPath],
  ['Node 26', nodeOf('node26')],
] as const;

describe('the line that leaks is named by the command', () => {
  test('of an ES module', async () => {
    const world = makeApplication(database.url);
    await world.start([...IMPORT, 'leaky.mjs'], { env: QUICK });
    const ps = await until(
      () => world.lifeguard('ps'),
      ({ stdout }) => stdout.includes('orders-service'),
    );
    expect(ps.stdout).toContain('orders-service');
    const found = await until(
      () => world.lifeguard('diagnose'),
      ({ stdout }) => stdout.includes('leaky.mjs:6'),
    );
    expect(found.stdout).toMatch(/leaky\.mjs:6 forgetful/);
    const { stdout } = await world.lifeguard('status');
    expect(stdout).toMatch(/active +1 of 4, 1 idle/);
  });

  test('of CommonJS, and of a dependency with another copy of pg that is loaded later', async () => {
    const world = makeApplication(database.url);
    await world.start([...REQUIRE, 'leaky.cjs'], { env: { ...QUICK, LIFEGUARD_NAME: 'shop' } });
    const found = await until(
      () => world.lifeguard('diagnose'),
      ({ stdout }) => stdout.includes('leaky.cjs:6') && stdout.includes('leaky.cjs:17'),
    );
    expect(found.stdout).toContain('shop');
    expect(found.stdout).toMatch(/leaky\.cjs:17 careless/);
  });
});

describe.each(RUNTIMES)('on %s', (_, node) => {
  test.each([
    ['--import', IMPORT],
    ['--require', REQUIRE],
  ])('an application behaves with %s as without, and ends by itself', async (_, watched) => {
    const world = makeApplication(database.url);
    const plain = await world.run(['--no-warnings', 'scenario.cjs'], { node });
    const seen = await world.run(['--no-warnings', ...watched, 'scenario.cjs'], { node });
    expect(plain.code).toBe(3);
    expect(seen).toEqual(plain);
  });
});
