import type { NestedAcquireReport, PoolDeadlockError } from '@lifeguard/core';
import { expect, test } from 'vitest';
import { eventOf, until, usePostgres } from '../test/pool-fixture.ts';
import type { LifeguardPool } from './lifeguard-pool.ts';

const db = usePostgres();
const QUIET = { warn: () => undefined, error: () => undefined };
/** A deadlock that nobody notices ends here, by another error. */
const OPTIONS = { logger: QUIET, acquireTimeoutMs: 5_000, stacks: { mode: 'always' } } as const;

/** Two blocks that hold both connections, and then do `work`. */
async function bothHold(pool: LifeguardPool, work: () => Promise<unknown>) {
  const both = Promise.withResolvers<void>();
  let holding = 0;
  const one = () =>
    pool.use(async (lease) => {
      await lease.query('select 1');
      holding += 1;
      if (holding === 2) both.resolve();
      await both.promise;
      return work();
    });
  return Promise.allSettled([one(), one()]);
}

test('blocks that hold all connections and wait for one more: the youngest is turned away with the chain', async () => {
  const pool = db.makePool({ max: 2, ...OPTIONS });
  const told = eventOf(pool, 'deadlock');
  const ends = await bothHold(pool, () => pool.query('select 2'));
  const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as PoolDeadlockError] : []));
  expect(reasons.map(({ code }) => code)).toEqual(['LG_POOL_DEADLOCK']);
  expect(reasons[0]?.chain).toHaveLength(2);
  for (const { heldAt, waitsAt } of reasons[0]?.chain ?? []) {
    expect([heldAt?.file, waitsAt?.file]).toEqual([
      expect.stringMatching(/deadlock/),
      expect.stringMatching(/deadlock/),
    ]);
  }
  expect(await told).toEqual([{ error: reasons[0] }]);
  expect(pool.snapshot().counters).toMatchObject({ deadlocks: 1, rejected: 1, timeouts: 0 });
});

test('children that nobody awaits are no deadlock: they are served when the blocks end', async () => {
  const pool = db.makePool({ max: 2, ...OPTIONS });
  const children: Promise<unknown>[] = [];
  const looked = Promise.withResolvers<void>();
  const blocks = bothHold(pool, async () => {
    children.push(pool.query('select 2'));
    await looked.promise;
  });
  await until('both wait', () => pool.snapshot().pending === 2);
  looked.resolve();
  const ends = await blocks;
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  await Promise.all(children);
});

test('a nested acquire is told with both places, and refused where that is wanted', async () => {
  const pool = db.makePool({ max: 2, ...OPTIONS });
  const told = eventOf(pool, 'nested');
  await pool.use(() => pool.query('select 2'));
  const [report] = (await told) as [NestedAcquireReport];
  expect(report.code).toBe('LG_NESTED_ACQUIRE');
  const strict = db.makePool({ max: 2, ...OPTIONS, nestedAcquire: 'error' });
  const refused = strict.use(() => strict.query('select 2'));
  await expect(refused).rejects.toMatchObject({ code: 'LG_NESTED_ACQUIRE' });
  await strict.use(() => strict.use(() => 1, { nestedAcquire: 'off' }));
});

test('the signal of a lease aborts when it is taken back, with the error that its calls reject with', async () => {
  const pool = db.makePool({ max: 1, ...OPTIONS });
  const lease = await pool.lease();
  expect(lease.signal.aborted).toBe(false);
  const aborted = eventOfSignal(lease.signal);
  await pool.close({ drainMs: 0 });
  expect(await aborted).toMatchObject({ code: 'LG_LEASE_REVOKED', reason: 'close' });
});

function eventOfSignal(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });
}
