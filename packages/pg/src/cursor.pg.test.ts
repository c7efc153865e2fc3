import { once } from 'node:events';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { expect, test } from 'vitest';
import { rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';

const db = usePostgres();
const SERIES = 'select generate_series(1, 1000) as n';

test('a cursor is read to its end, and the connection used again', async () => {
  const pool = db.makePool({ max: 1 });
  await using lease = await pool.lease();
  const cursor = lease.query(new Cursor<{ n: number }>(SERIES));
  let count = 0;
  for (let rows = await cursor.read(300); rows.length > 0; rows = await cursor.read(300))
    count += rows.length;
  expect(count).toBe(1000);
  expect((await lease.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('a stream is read to its end', async () => {
  const pool = db.makePool({ max: 1 });
  await using lease = await pool.lease();
  let count = 0;
  for await (const _row of lease.query(new QueryStream(SERIES))) count += 1;
  expect(count).toBe(1000);
});

test('a cursor that its holder left open is closed, and the connection stays', async () => {
  const pool = db.makePool({ max: 1 });
  const lease = await pool.lease();
  const cursor = lease.query(new Cursor(SERIES));
  await cursor.read(1);
  expect(pool.snapshot().leases[0]).toMatchObject({
    queryRunning: true,
    lastQuery: expect.stringContaining('generate_series'),
  });
  lease.release();
  await pool.query('select 1');
  expect(pool.snapshot().counters.connected).toBe(1);
});

test('a stream that its reader left early is closed, and the connection stays', async () => {
  const pool = db.makePool({ max: 1 });
  const client = await pool.connect();
  const stream = client.query(new QueryStream(SERIES, [], { batchSize: 10 }));
  await once(stream, 'readable');
  client.release();
  await pool.query('select 1');
  expect(pool.snapshot().counters.connected).toBe(1);
  expect(stream.destroyed).toBe(true);
});

test('a cursor whose statement fails says so, and the connection stays', async () => {
  const pool = db.makePool({ max: 1 });
  const lease = await pool.lease();
  const cursor = lease.query(new Cursor('select 1/(2 - n) from generate_series(1, 3) as n'));
  expect((await rejectionOf(cursor.read(10))).message).toContain('division by zero');
  lease.release();
  await pool.query('select 1');
  expect(pool.snapshot().counters.connected).toBe(1);
});

test('a revoked cursor fails with the reason, and its backend goes', async () => {
  const pool = db.makePool({ max: 1 });
  const lease = await pool.lease();
  const cursor = lease.query(new Cursor(SERIES));
  await cursor.read(1);
  const closed = pool.close({ drainMs: 0 });
  expect((await rejectionOf(cursor.read(1))).code).toBe('LG_LEASE_REVOKED');
  await closed;
  await until('no backend is left', async () => (await db.backendsOf(pool)).length === 0);
});
