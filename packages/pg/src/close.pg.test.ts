import { expect, test } from 'vitest';
import { PoolClosedError } from '@lifeguard/core';
import { rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';

const db = usePostgres();

test('close waits for who holds a connection', async () => {
  const pool = db.makePool();
  const lease = await pool.lease();
  const closed = pool.close();
  expect((await lease.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  lease.release();
  expect(await closed).toEqual({ draining: 1, revoked: 0, lost: 0 });
  expect(await db.backendsOf(pool)).toEqual([]);
});

test('close turns who waits away at once', async () => {
  const pool = db.makePool({ max: 1 });
  const lease = await pool.lease();
  const waiting = rejectionOf(pool.lease());
  const closed = pool.close();
  expect(await waiting).toBeInstanceOf(PoolClosedError);
  lease.release();
  await closed;
});

test('after its time close takes leases back and stops their queries on the server', async () => {
  const pool = db.makePool({ max: 2 });
  const idle = await pool.lease();
  const running = await pool.lease();
  const query = rejectionOf(running.query('select pg_sleep(60)'));
  await until('it runs', async () => (await db.backendsOf(pool)).some(({ state }) => state === 'active'));
  expect(await pool.close({ drainMs: 50 })).toEqual({ draining: 2, revoked: 2, lost: 0 });
  expect(await query).toMatchObject({ code: 'LG_LEASE_REVOKED', reason: 'close' });
  expect((await rejectionOf(idle.query('select 1'))).code).toBe('LG_LEASE_REVOKED');
  await until('no backend is left', async () => (await db.backendsOf(pool)).length === 0);
});

test('close during a connect leaves no backend', async () => {
  const pool = db.makePool();
  const connecting = rejectionOf(pool.connect());
  expect(await pool.close()).toEqual({ draining: 0, revoked: 0, lost: 0 });
  expect((await connecting).code).toBe('LG_POOL_CLOSED');
  await until('no backend is left', async () => (await db.backendsOf(pool)).length === 0);
});

test('end takes back what is not released within drainMs', async () => {
  const pool = db.makePool({ max: 1, drainMs: 50 });
  const lease = await pool.lease();
  const waiting = rejectionOf(pool.connect());
  await pool.end();
  expect((await waiting).code).toBe('LG_POOL_CLOSED');
  expect(lease.isOpen).toBe(false);
  expect(pool.ended).toBe(true);
});

test('with an option that is refused it changes nothing', async () => {
  const pool = db.makePool({ max: 1 });
  await expect(pool.close({ drainMs: -1 })).rejects.toMatchObject({ code: 'LG_INVALID_OPTION' });
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});
