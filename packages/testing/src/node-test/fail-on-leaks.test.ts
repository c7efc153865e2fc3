import { expect, test } from 'vitest';
import { placeOf, runNodeTest } from '../../test/run-tests.ts';

test('a run of node:test fails by those tests that leak, and by no other', async () => {
  const { code, tests, output } = await runNodeTest('leaking.test.ts');
  const wrong = [...tests].filter(
    ([name, status]) =>
      !name.startsWith('a group') && !name.startsWith(status === 'passed' ? 'passes' : 'fails'),
  );
  expect(wrong, output).toEqual([]);
  expect(tests.size, output).toBe(15);
  expect(code).toBe(1);
});

test('it says of a leak where it was acquired', async () => {
  const { output } = await runNodeTest('leaking.test.ts');
  const taken = await placeOf('orders.ts', '// takes it');
  const called = await placeOf('node-test/leaking.test.ts', '// calls it');
  expect(output).toMatch(new RegExp(`acquired  .*${taken} createOrder\\n`));
  expect(output).toContain(called);
  expect(output).toContain('idle in transaction, last: insert into orders (article) values (?)');
  expect(output).not.toContain('secret-7');
});

test('of tests that run at the same time one fails, and it is said which', async () => {
  const { code, tests, output } = await runNodeTest('concurrent.test.ts');
  expect(code).toBe(1);
  const failed = [...tests].filter(([name, status]) => status === 'failed' && !name.startsWith('tests that'));
  // Node tells them apart since 24.19; before that it is the last one.
  expect(['leaks', 'ends after the one that leaks'], output).toContain(failed.map(([name]) => name).join());
  expect(output).toContain(`acquired  ${await placeOf('node-test/concurrent.test.ts', 'pool.acquire()')}`);
});

test('it can be switched on for all files by --import', async () => {
  const { code, tests, output } = await runNodeTest('imported.test.ts', ['--import', './lifeguard.setup.ts']);
  expect([...tests], output).toEqual([
    ['fails: leaks', 'failed'],
    ['passes: gives back', 'passed'],
  ]);
  expect(code).toBe(1);
});
