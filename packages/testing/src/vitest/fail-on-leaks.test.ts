import { beforeAll, describe, expect, test } from 'vitest';
import { placeOf, runVitest } from '../../test/run-tests.ts';
import type { TestRunOutcome } from '../../test/run-tests.ts';

/** Every test of the fixtures says in its name how it must end. */
function expectAsNamed({ tests, output }: TestRunOutcome, count: number): void {
  const wrong = [...tests].filter(
    ([name, status]) => !name.startsWith(status === 'passed' ? 'passes' : 'fails'),
  );
  expect(wrong, output).toEqual([]);
  expect(tests.size, output).toBe(count);
}

describe('a run of Vitest', () => {
  let leaking: TestRunOutcome;
  beforeAll(async () => {
    leaking = await runVitest('vitest', ['leaking.test.ts']);
  });

  test('fails by those tests that leak, and by no test that comes next and needs the same connection', () => {
    expectAsNamed(leaking, 5);
    expect(leaking.code).toBe(1);
    expect(leaking.output).toContain('3 failed | 2 passed');
  });

  test('says of a leak where it was acquired, by which way, for how long, and what it does', async () => {
    const failure = leaking.failures.get('fails: leaks') ?? '';
    const [taken, called] = await Promise.all([
      placeOf('orders.ts', '// takes it'),
      placeOf('vitest/leaking.test.ts', '// calls it'),
    ]);
    const [summary, pool, held, acquired, way, doing, likely, fix] = failure.split('\n');
    expect(summary).toBe(
      'LeakedLeasesError: LG_LEAK_SUSPECTED: 1 connection has not been given back at the end of "an order > fails: leaks"',
    );
    expect(pool).toBe('  pool      "orders", lease #2');
    expect(held).toMatch(/^ {2}held {6}[\d.]+m?s$/);
    expect(acquired).toMatch(new RegExp(`^  acquired  .*${taken} createOrder$`));
    expect(way?.trim()).toBe(called);
    expect(doing).toContain('idle in transaction, last: insert into orders (article) values (?), for ');
    expect(likely).toContain('a transaction that is neither committed nor rolled back');
    expect(fix).toContain(`orders.ts:`);
    // Nor has the reporter anything else to show than the code of the application.
    expect(failure).not.toContain('fail-on-leaks');
    expect(leaking.output).not.toContain('secret-7');
  });

  test('shows the line of the acquire in the code', async () => {
    const [, line] = (await placeOf('orders.ts', '// takes it')).split(':');
    expect(leaking.output).toMatch(new RegExp(`❯ createOrder \\.\\./orders\\.ts:${line}:`));
    expect(leaking.output).toMatch(new RegExp(`${line}\\|   const lease = await pool\\.acquire\\(\\);`));
  });

  test('names all that a test has leaked, of all pools', () => {
    const failure = leaking.failures.get('fails: leaks two, of two pools') ?? '';
    expect(failure).toContain('2 connections have not been given back');
    expect(failure).toMatch(/pool {6}"orders"[^]*pool {6}"reports"/);
  });

  test('says both, where a test fails by itself and leaks by that', () => {
    const failure = leaking.failures.get('fails: fails by itself as well') ?? '';
    expect(failure).toContain('no such article');
    expect(failure).toContain('1 connection has not been given back');
  });

  test('says a leak once: what is taken back is not logged besides', () => {
    expect(leaking.output).not.toContain('LG_LEASE_REVOKED');
  });
});

test('what is held from before, or given back by a hook, a fixture or in a moment, is no leak', async () => {
  const innocent = await runVitest('vitest', ['innocent.test.ts']);
  expectAsNamed(innocent, 8);
  expect(innocent.code).toBe(0);
});

test('of concurrent tests the one fails that leaks; or the last, which says who it may have been', async () => {
  const outcome = await runVitest('vitest', ['concurrent.test.ts']);
  expectAsNamed(outcome, 6);
  expect(outcome.failures.get('fails: leaks')).not.toContain('  by');
  expect(outcome.failures.get('fails: is the last to end')).toMatch(
    /by one of .*passes: is the first to end\n.*fails: is the last to end\n/,
  );
});

test('a test may say that it leaks on purpose; then nothing is taken from it', async () => {
  expectAsNamed(await runVitest('vitest', ['allowed.test.ts']), 4);
});

test('what a test leaks when it is over is told as a warning, and fails no other test', async () => {
  const outcome = await runVitest('vitest', ['late.test.ts']);
  expectAsNamed(outcome, 4);
  expect(outcome.code).toBe(0);
  expect(outcome.output).toMatch(
    /LifeguardWarning: .*by a test that was over\n {2}by {8}passes: leaves work behind that leaks/,
  );
});

test('a file can have options of its own beside the setup file’s', async () => {
  const outcome = await runVitest('vitest', ['own-options.test.ts']);
  expectAsNamed(outcome, 3);
  expect(outcome.output.match(/LG_LEAK_SUSPECTED/g)).toHaveLength(1);
});

test('a block can be watched by itself', async () => {
  expectAsNamed(await runVitest('vitest', ['blocks.test.ts']), 4);
});

test('leases can be left out, pools be chosen, and what has leaked be left where it is', async () => {
  expectAsNamed(await runVitest('vitest-options', []), 7);
});
