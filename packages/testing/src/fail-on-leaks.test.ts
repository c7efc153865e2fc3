import { Pool } from '@lifeguard/core';
import { FakeConnector } from '@lifeguard/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { expectNoLeaks } from './expect-no-leaks.ts';
import { failOnLeaks } from './fail-on-leaks.ts';
import { LeakedLeasesError } from './leaked-leases-error.ts';

interface Runner {
  begin(): void;
  end(): Promise<void>;
}

/** As a test runner would be that calls nothing but its hooks. */
function makeRunner(): Runner {
  let before: (() => void) | undefined;
  let after: (() => Promise<void>) | undefined;
  failOnLeaks(
    {
      beforeEach: (hook) => void (before = hook),
      afterEach: (hook) => void (after = hook),
    },
    { graceMs: 0 },
  );
  return { begin: () => before?.(), end: () => after?.() ?? Promise.resolve() };
}

function makePool(size = 1): Pool<unknown> {
  const pool = new Pool(new FakeConnector(), { size, maxOverflow: 0 });
  onTestFinished(async () => {
    await pool.close({ drainMs: 0 });
  });
  return pool;
}

test('any test runner with hooks can fail a test that leaks, and the next one passes', async () => {
  const [runner, pool] = [makeRunner(), makePool()];
  runner.begin();
  const leaked = await pool.acquire();
  await expect(runner.end()).rejects.toThrow(/^LG_LEAK_SUSPECTED: 1 connection .* at the end of the test\n/);
  expect(leaked.isOpen).toBe(false);

  runner.begin();
  const lease = await pool.acquire();
  lease.release();
  await runner.end();
});

test('who goes on with what was taken back is told that its test has leaked it', async () => {
  const [runner, pool] = [makeRunner(), makePool()];
  runner.begin();
  const leaked = await pool.acquire();
  await expect(runner.end()).rejects.toThrow();
  expect(() => leaked.connection).toThrow(
    expect.objectContaining({ code: 'LG_LEASE_REVOKED', cause: expect.any(LeakedLeasesError) }),
  );
});

test('what is asked for in a test, and granted after its end, is not the next one’s fault', async () => {
  const [runner, pool] = [makeRunner(), makePool()];
  const held = await pool.acquire();
  runner.begin();
  const late = pool.acquire();
  await runner.end();

  runner.begin();
  held.release();
  const lease = await late;
  await runner.end();
  lease.release();
});

test('leaks of one place are told together, and of very many places ten', async () => {
  const pool = makePool(15);
  const block = expectNoLeaks(pool, { graceMs: 0 });
  for (let taken = 0; taken < 12; taken += 1) await pool.acquire({ label: `job ${taken}` });
  for (let taken = 0; taken < 3; taken += 1) await pool.acquire({ label: 'job 5' });
  const error: unknown = await block[Symbol.asyncDispose]().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const { message, leases } = error as LeakedLeasesError;
  expect(leases).toHaveLength(15);
  expect(message).toContain('15 connections have not been given back at the end of the block');
  expect(message).toContain('lease #6 (job 5)');
  expect(message).not.toContain('job 10');
  expect(message).toMatch(/besides {3}those of \d more places/);
});

test('leaks of one place are counted', async () => {
  const pool = makePool(3);
  const block = expectNoLeaks(pool, { graceMs: 0 });
  for (let taken = 0; taken < 3; taken += 1) await pool.acquire();
  await expect(block[Symbol.asyncDispose]()).rejects.toThrow('lease #1, and 2 more of this place');
});
