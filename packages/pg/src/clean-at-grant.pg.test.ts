import { expect, test } from 'vitest';
import { only, rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';
import type { LifeguardPool } from './lifeguard-pool.ts';

const db = usePostgres();

test('a transaction that was left open is rolled back before the next grant', async () => {
  await db.sql('create table left_open (n int)');
  const pool = db.makePool({ max: 1 });
  const client = await pool.connect();
  const { processID } = client as unknown as { processID: number };
  await client.query('begin');
  await client.query('insert into left_open values (1)');
  client.release();
  await using lease = await pool.lease();
  expect(lease.processID).toBe(processID);
  expect(lease.transaction).toBe('none');
  expect((await lease.query('select * from left_open')).rows).toEqual([]);
});

test('a failed transaction is rolled back before the next grant', async () => {
  const pool = db.makePool({ max: 1 });
  const client = await pool.connect();
  await client.query('begin');
  await rejectionOf(client.query('select no_such_column'));
  client.release();
  const { rows } = await pool.query('select 1 as one');
  expect(only(rows, 'one')).toBe(1);
  expect(pool.snapshot().counters.connected).toBe(1);
});

test('a transaction begun by a callback is seen, even when the callback itself releases', async () => {
  const pool = db.makePool({ max: 1 });
  const client = await pool.connect();
  await new Promise<void>((resolve) => {
    client.query('begin', () => {
      client.release();
      expect(pool.idleCount).toBe(0);
      resolve();
    });
  });
  await using lease = await pool.lease();
  expect(lease.transaction).toBe('none');
});

test('queries that were not awaited are done before the next grant', async () => {
  await db.sql('create table not_awaited (n int)');
  const pool = db.makePool({ max: 1 });
  const client = await pool.connect();
  const sent = [1, 2, 3].map((n) =>
    client.query('insert into not_awaited select $1 from pg_sleep(0.02)', [n]),
  );
  client.release();
  const { rows } = await pool.query('select count(*)::int as n from not_awaited');
  expect(only(rows, 'n')).toBe(3);
  await Promise.all(sent);
  expect(pool.snapshot().counters.connected).toBe(1);
});

test('a query that does not end is stopped on the server, and its connection replaced', async () => {
  const pool = db.makePool({ max: 1, resetTimeoutMs: 50 });
  const client = await pool.connect();
  const stuck = rejectionOf(client.query('select pg_sleep(60)'));
  client.release();
  const { rows } = await pool.query('select 1 as one');
  expect(only(rows, 'one')).toBe(1);
  expect((await stuck).code).toBe('57014');
  const asleep = async (): Promise<boolean> =>
    (await db.backendsOf(pool)).some(({ state }) => state === 'active');
  await until('nothing runs any more', async () => !(await asleep()));
});

test('release with an error while a query runs stops it on the server', async () => {
  const pool = db.makePool({ max: 1 });
  const client = await pool.connect();
  const stuck = rejectionOf(client.query('select pg_sleep(60)'));
  client.release(new Error('give up'));
  expect((await stuck).code).toBe('57014');
  await until('the backend is gone', async () => (await db.backendsOf(pool)).length === 0);
  expect(pool.snapshot()).toMatchObject({ lost: 0, used: 0, idle: 0 });
});

test('a release right after a failed statement keeps the connection', async () => {
  const pool = db.makePool({ max: 1 });
  for (let n = 0; n < 50; n += 1) {
    const client = await pool.connect();
    try {
      await rejectionOf(client.query('select 1/0'));
    } finally {
      client.release();
    }
  }
  expect(pool.snapshot().counters.connected).toBe(1);
});

test('a client that its holder has ended is replaced', async () => {
  const pool = db.makePool({ max: 1 });
  const client = await pool.connect();
  const ended = (client as unknown as { end(): Promise<void> }).end();
  client.release();
  const { rows } = await pool.query('select 1 as one');
  expect(only(rows, 'one')).toBe(1);
  await ended;
  expect(pool.snapshot().counters.connected).toBe(2);
});

test('a pipelined client is clean at the next grant as well', async () => {
  const pool = db.makePool({ max: 1, ...{ pipeline: true } });
  const client = await pool.connect();
  const sent = [1, 2, 3].map((n) => client.query('select $1::int as n, pg_sleep(0.02)', [n]));
  client.release();
  await using lease = await pool.lease();
  expect(pool.snapshot().leases[0]).toMatchObject({ queryRunning: false, queries: 0 });
  expect((await Promise.all(sent)).map(({ rows }) => rows[0].n)).toEqual([1, 2, 3]);
  expect(lease.transaction).toBe('none');
  expect(pool.snapshot().counters.connected).toBe(1);
});

test.each([
  ['its uses are up', { maxUses: 1 }, () => undefined],
  ['all are to be replaced', {}, (pool: LifeguardPool) => pool.evict()],
] as const)(
  'a connection that is busy when %s is stopped on the server before its slot is free',
  async (_, options, before) => {
    const pool = db.makePool({ max: 1, ...options });
    for (let round = 0; round < 3; round += 1) {
      const lease = await pool.lease();
      void lease.query('select pg_sleep(15)').catch(() => undefined);
      await until('it runs', async () => (await db.backendsOf(pool)).some(({ state }) => state === 'active'));
      before(pool);
      lease.release();
    }
    await pool.query('select 1');
    expect((await db.backendsOf(pool)).filter(({ state }) => state === 'active')).toEqual([]);
    expect(pool.snapshot().lost).toBe(0);
  },
);
