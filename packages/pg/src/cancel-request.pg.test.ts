import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { systemClock } from '@lifeguard/core';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { expect, test } from 'vitest';
import { rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';
import { TcpProxy } from '../test/tcp-proxy.ts';
import { cancelRequest } from './cancel-request.ts';
import type { DriverClient } from './driver-types.ts';
import type { LifeguardPool } from './lifeguard-pool.ts';

const db = usePostgres();

/** A backend that has not read its query yet overlooks a cancel. */
function untilRunning(pool: LifeguardPool): Promise<void> {
  return until('the query runs', async () =>
    (await db.backendsOf(pool)).some(({ state }) => state === 'active'),
  );
}

test('a cancelled statement fails with 57014, and its lease goes on', async () => {
  const pool = db.makePool({ max: 1 });
  await using lease = await pool.lease();
  const query = rejectionOf(lease.query('select pg_sleep(60)'));
  await untilRunning(pool);
  await lease.cancel();
  expect((await query).code).toBe('57014');
  expect((await lease.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  expect(pool.snapshot().counters.cancels).toBe(1);
});

test('a connection whose cancel request may still arrive serves nobody else, also when its lease was released', async () => {
  await using proxy = new TcpProxy(db.url);
  await proxy.open();
  const pool = db.makePool({ connectionString: proxy.url, max: 1 });
  const lease = await pool.lease();
  const { processID } = lease;
  const query = lease.query('select pg_sleep(0.1)');
  proxy.holdCancels();
  const cancelled = lease.cancel();
  await query;
  lease.release();
  await cancelled;
  await using next = await pool.lease();
  expect(next.processID).not.toBe(processID);
});

test('a callback and a cursor sent during a cancel are answered as well', async () => {
  const pool = db.makePool({ max: 1 });
  await using lease = await pool.lease();
  const query = rejectionOf(lease.query('select pg_sleep(60)'));
  await untilRunning(pool);
  const cancelled = lease.cancel();
  const answer = new Promise((resolve) => {
    expect(
      lease.client.query('select 3 as n', (_error: unknown, result: pg.QueryResult) => resolve(result.rows)),
    ).toBeUndefined();
  });
  const cursor = lease.query(new Cursor('select 4 as n'));
  expect(await answer).toEqual([{ n: 3 }]);
  expect(await cursor.read(1)).toEqual([{ n: 4 }]);
  await cursor.close();
  await Promise.all([query, cancelled]);
});

test('a cancel with nothing running does nothing', async () => {
  const pool = db.makePool({ max: 1 });
  await using lease = await pool.lease();
  await lease.cancel();
  expect((await lease.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('a request that nobody answers is unknown after its limit', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket.resume())).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number };
  const client = {
    host: '127.0.0.1',
    port,
    ssl: false,
    processID: 1,
    secretKey: 2,
  } as unknown as DriverClient;
  expect(await cancelRequest(client, systemClock, 50)).toBe('unknown');
  // A pooler may hold it, and would take it amiss when we left.
  expect(sockets.map(({ readableEnded }) => readableEnded)).toEqual([false]);
  for (const socket of sockets) socket.destroy();
  silent.close();
  await once(silent, 'close');
  expect(await cancelRequest(client, systemClock, 1_000)).toBe('unknown');
  const { processID: _, ...nameless } = client as unknown as Record<string, unknown>;
  expect(await cancelRequest(nameless as unknown as DriverClient, systemClock, 50)).toBe('unknown');
});

test('a query that waits for a cancel dies with its lease, and never runs for the next holder', async () => {
  const pool = db.makePool({ max: 1 });
  await db.sql('create table kept (id int)');
  await db.sql('insert into kept values (1)');
  const outcomes = new Set<unknown>();
  for (let round = 0; round < 50; round += 1) {
    const first = await pool.lease();
    const running = first.query('select pg_sleep(5)').catch(() => undefined);
    await untilRunning(pool);
    const cancelled = first.cancel();
    const late = rejectionOf(first.query('delete from kept'));
    first.release();
    const second = await pool.lease();
    await second.query('begin');
    outcomes.add((await late).code);
    await second.query('commit');
    second.release();
    await Promise.all([running, cancelled]);
  }
  expect([...outcomes]).toEqual(['LG_LEASE_RELEASED']);
  expect(await db.sql('select id from kept')).toEqual([{ id: 1 }]);
}, 60_000);

test('a call that pg refuses reaches its callback also when it waited for a cancel', async () => {
  const pool = db.makePool({ max: 1 });
  const lease = await pool.lease();
  const running = lease.query('select pg_sleep(5)').catch(() => undefined);
  await untilRunning(pool);
  const cancelled = lease.cancel();
  const heard = new Promise<Error>((resolve) => {
    lease.client.query(null, resolve);
  });
  expect((await heard).message).toContain('null or undefined query');
  await Promise.all([running, cancelled]);
  lease.release();
});
