import { runSession } from '@lifeguard/core';
import type { PoolClient } from 'pg';
import { expect, test } from 'vitest';
import { eventOf, rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';
import type { LifeguardPool } from './lifeguard-pool.ts';

const db = usePostgres();
const HANGS = new Promise<never>(() => undefined);

/** Takes a client in a session that ends soon, and hands it to `use`; resolves with what the session rejected with. */
async function expire(
  pool: LifeguardPool,
  use: (client: PoolClient) => Promise<unknown>,
): Promise<Error & { code?: string }> {
  // Opened before, so that the time is not spent on that.
  await pool.query('select 1');
  return rejectionOf(runSession({ timeoutMs: 200, name: 'short' }, async () => use(await pool.connect())));
}

/** The slot is free although nobody released, and the backend is gone. */
async function expectFreed(pool: LifeguardPool): Promise<void> {
  expect(pool.snapshot()).toMatchObject({ used: 0, pending: 0 });
  const { rows } = await pool.query('select 1 as one');
  expect(rows).toEqual([{ one: 1 }]);
  expect(pool.snapshot().counters.revoked).toBe(1);
}

test('a query in flight is stopped on the server', async () => {
  const pool = db.makePool({ max: 1 });
  let failure: Promise<Error & { code?: string; cause?: unknown }> | undefined;
  const error = await expire(pool, (client) => {
    failure = rejectionOf(client.query('select pg_sleep(60)'));
    return failure;
  });
  expect(error.code).toBe('LG_SESSION_TIMEOUT');
  expect(await failure).toMatchObject({ code: 'LG_LEASE_REVOKED', cause: { code: 'LG_SESSION_TIMEOUT' } });
  expect(pool.snapshot().counters.sessionTimeouts).toBe(1);
  await until('the backend is gone', async () => (await db.backendsOf(pool)).length === 0);
  expect(pool.snapshot().counters.cancels).toBeGreaterThanOrEqual(1);
  await expectFreed(pool);
});

test('what is sent after the deadline is refused, and nothing of it is done', async () => {
  await db.sql('create table after_deadline (n int)');
  const pool = db.makePool({ max: 1 });
  let client: PoolClient | undefined;
  const error = await expire(pool, async (taken) => {
    client = taken;
    await taken.query('begin');
    await taken.query('insert into after_deadline values (1)');
    await eventOf(pool, 'revoke');
    await taken.query('insert into after_deadline values (2)');
  });
  expect(error.code).toBe('LG_SESSION_TIMEOUT');
  expect((await rejectionOf(client?.query('commit') as Promise<unknown>)).code).toBe('LG_LEASE_REVOKED');
  expect(await db.sql('select * from after_deadline')).toEqual([]);
  await expectFreed(pool);
});

test('who tidies up after the deadline can roll back and release; a savepoint is gone', async () => {
  const pool = db.makePool({ max: 1 });
  let tidied: unknown;
  const error = await expire(pool, async (client) => {
    try {
      await client.query('begin');
      await eventOf(pool, 'revoke');
      throw new Error('of the user');
    } catch {
      tidied = await client.query('ROLLBACK;');
      await expect(client.query('rollback to savepoint a')).rejects.toMatchObject({
        code: 'LG_LEASE_REVOKED',
      });
    } finally {
      client.release();
    }
  });
  expect(error.code).toBe('LG_SESSION_TIMEOUT');
  await until('the user code is through', () => tidied !== undefined);
  expect(tidied).toMatchObject({ command: 'ROLLBACK', rows: [] });
  await expectFreed(pool);
});

test('the slot is free at the deadline even when the user code never comes back', async () => {
  const pool = db.makePool({ max: 1 });
  expect((await expire(pool, () => HANGS)).code).toBe('LG_SESSION_TIMEOUT');
  await expectFreed(pool);
});

test('a late release leaves the next holder its connection', async () => {
  const pool = db.makePool({ max: 1 });
  let late: (() => void) | undefined;
  await expire(pool, (client) => {
    late = () => client.release();
    return HANGS;
  });
  await using lease = await pool.lease();
  late?.();
  expect(pool.snapshot().used).toBe(1);
  expect((await lease.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('waiting for a connection ends with the session', async () => {
  const pool = db.makePool({ max: 1 });
  await using _held = await pool.lease();
  const error = await rejectionOf(runSession({ timeoutMs: 50 }, () => pool.query('select 1')));
  expect(error.code).toBe('LG_SESSION_TIMEOUT');
  expect(pool.snapshot().pending).toBe(0);
});

test('an aborted session ends its query with the reason of the signal', async () => {
  const pool = db.makePool({ max: 1 });
  const controller = new AbortController();
  const work = rejectionOf(
    runSession({ signal: controller.signal }, () => pool.use((lease) => lease.query('select pg_sleep(60)'))),
  );
  await until('the query runs', async () =>
    (await db.backendsOf(pool)).some(({ state }) => state === 'active'),
  );
  const reason = new Error('the user went away');
  controller.abort(reason);
  expect(await work).toBe(reason);
  await until('the backend is gone', async () => (await db.backendsOf(pool)).length === 0);
});
