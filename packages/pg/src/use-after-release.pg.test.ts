import Cursor from 'pg-cursor';
import { expect, test } from 'vitest';
import { rejectionOf, usePostgres } from '../test/pool-fixture.ts';

const db = usePostgres();

test('a client that was given back sends nothing, in any form of the call', async () => {
  await db.sql('create table late (n int)');
  const pool = db.makePool({ max: 1 });
  const client = await pool.connect();
  client.release();
  const insert = 'insert into late values (1)';
  expect((await rejectionOf(client.query(insert))).code).toBe('LG_LEASE_RELEASED');
  expect((await rejectionOf(client.query({ text: insert, values: [] }))).code).toBe('LG_LEASE_RELEASED');
  const told = await new Promise<Error & { code?: string }>((resolve) => {
    expect(client.query(insert, (error: Error) => resolve(error))).toBeUndefined();
  });
  expect(told.code).toBe('LG_LEASE_RELEASED');
  const cursor = client.query(new Cursor(`${insert} returning n`));
  expect((await rejectionOf(cursor.read(1))).code).toBe('LG_LEASE_RELEASED');
  await pool.query('select 1');
  expect(await db.sql('select * from late')).toEqual([]);
});

test('its stack shows the late use', async () => {
  const pool = db.makePool();
  const client = await pool.connect();
  client.release();
  const error = await rejectionOf(client.query('select 1'));
  expect(error.stack).toContain('use-after-release.pg.test.ts');
});

test('a lease that was given back stays so while another holds the same connection', async () => {
  const pool = db.makePool({ max: 1 });
  const stale = await pool.lease();
  stale.release();
  await using current = await pool.lease();
  expect(current.processID).toBe(stale.processID);
  expect((await rejectionOf(stale.query('select 1'))).code).toBe('LG_LEASE_RELEASED');
  expect(() => stale.client).toThrow(/LG_LEASE_RELEASED|used after/);
  expect(() => stale.query(new Cursor('select 1'))).toThrow(/used after/);
  stale.release();
  stale.destroy();
  expect(pool.snapshot().used).toBe(1);
  await current.query('select 1');
});

test('a cursor that outlives its lease reads nothing of the next one', async () => {
  const pool = db.makePool({ max: 1 });
  const first = await pool.lease();
  const cursor = first.query(new Cursor('select generate_series(1, 1000) as n'));
  expect(await cursor.read(2)).toEqual([{ n: 1 }, { n: 2 }]);
  first.release();
  await using second = await pool.lease();
  expect(second.processID).toBe(first.processID);
  expect(await cursor.read(2)).toEqual([]);
  expect((await second.query('select 7 as n')).rows).toEqual([{ n: 7 }]);
});
