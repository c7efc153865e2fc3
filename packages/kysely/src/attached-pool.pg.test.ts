import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { adminHandler } from '@lifeguard/admin';
import { DatabaseHealth } from '@lifeguard/core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { createTables } from '../test-support/postgres.ts';
import type { Database } from '../test-support/postgres.ts';
import { lifeguard } from './attach.ts';
import type { AttachedPool } from './attached-pool.ts';

let database: Awaited<ReturnType<typeof createTables>>;
let pool: pg.Pool;
let db: Kysely<Database>;
let shown: AttachedPool;

beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
afterAll(() => database.drop());

beforeEach(() => {
  pool = new pg.Pool({ connectionString: database.url, max: 2, connectionTimeoutMillis: 1_000 });
  db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  shown = lifeguard(db, {
    name: 'old app',
    logger: { warn: () => undefined, error: () => undefined },
  }).asPool(pool);
});
afterEach(async () => {
  if (!pool.ending) await pool.end();
});

/** While `work` runs, both connections are held. */
async function whileExhausted(work: () => Promise<void>): Promise<void> {
  const held = await Promise.all([1, 2].map(() => db.startTransaction().execute()));
  try {
    await work();
  } finally {
    await Promise.all(held.map((transaction) => transaction.rollback().execute()));
  }
}

test('has the numbers of the pool beneath, and the leases of the instance', async () => {
  expect(shown.snapshot()).toMatchObject({
    name: 'old app',
    state: 'open',
    used: 0,
    idle: 0,
    size: 2,
    max: 2,
  });
  await whileExhausted(async () => {
    const snapshot = shown.snapshot();
    expect(snapshot).toMatchObject({ used: 2, idle: 0, pending: 0, options: { size: 2, maxOverflow: 0 } });
    expect(snapshot.leases).toHaveLength(2);
    expect(snapshot.holders[0]?.count).toBe(2);
  });
  const { used, idle, counters, waitTime } = shown.snapshot();
  expect({
    used,
    idle,
    acquired: counters.acquired,
    released: counters.released,
    waits: waitTime.count,
  }).toEqual({
    used: 0,
    idle: 2,
    acquired: 2,
    released: 2,
    waits: 2,
  });
});

test('counts who waits, for how long, and whose time is up', async () => {
  await whileExhausted(async () => {
    const asked = sql`select 1`.execute(db);
    await expect.poll(() => shown.snapshot().pending).toBe(1);
    await expect.poll(() => shown.snapshot().oldestWaitMs).toBeGreaterThan(10);
    await expect(asked).rejects.toThrow('timeout exceeded');
  });
  expect(shown.snapshot()).toMatchObject({
    pending: 0,
    oldestWaitMs: 0,
    counters: { timeouts: 1, connectFailures: 0 },
  });
  await expect(sql`select no_such_column`.execute(db)).rejects.toThrow('no_such_column');
  expect(shown.snapshot().counters).toMatchObject({ timeouts: 1, connectFailures: 0 });
});

test('is ready, busy, unreachable and draining', async () => {
  const health = new DatabaseHealth(shown, { maxAgeMs: 0, timeoutMs: 5_000 });
  expect(await health.ready()).toMatchObject({ status: 'ready', pools: [{ pool: 'old app', max: 2 }] });
  await whileExhausted(async () => {
    const [first, second] = await Promise.all([shown.checkHealth(60), shown.checkHealth(60)]);
    expect([first.status, second.status]).toEqual(['degraded', 'degraded']);
    expect(first.pending).toBe(1);
    // The question has been turned away by the pool itself.
    expect(await shown.checkHealth(5_000)).toMatchObject({ status: 'degraded', pending: 0 });
  });
  expect(await health.ready()).toMatchObject({ status: 'ready' });
  await pool.end();
  expect(await health.ready()).toMatchObject({ status: 'draining' });
});

test('is unreachable, in words that may be shown, where nobody listens', async () => {
  const nowhere = new pg.Pool({ connectionString: 'postgres://someone:secret@127.0.0.1:1/x' });
  const away = new Kysely<Database>({ dialect: new PostgresDialect({ pool: nowhere }) });
  const attached = lifeguard(away).asPool(nowhere);
  expect(await attached.checkHealth(5_000)).toMatchObject({
    status: 'unreachable',
    reason: 'the connection failed',
  });
  expect(attached.snapshot()).toMatchObject({ counters: { connectFailures: 1, timeouts: 0 } });
  expect(attached.snapshot().lastConnectError).toContain('ECONNREFUSED');
  await away.destroy();
});

test('can be shown to an operator, who cannot act on it', async () => {
  const token = 'token-of-the-admin-route';
  const admin = adminHandler({ pools: [shown], token, allow: ['evict', 'reclaim'] });
  const ask = (path: string, method = 'GET') =>
    admin(new Request(`http://localhost${path}`, { method, headers: { authorization: `Bearer ${token}` } }));
  expect(await (await ask('/v1/snapshot')).json()).toMatchObject({ pools: [{ name: 'old app', max: 2 }] });
  expect(await (await ask('/v1/health')).json()).toMatchObject({ status: 'healthy' });
  for (const action of ['evict', 'reclaim'])
    expect((await ask(`/v1/pools/old%20app/${action}`, 'POST')).status).toBe(501);
});

test('tells of leaks as the instance does', async () => {
  const quick = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const options = {
    leakThresholdMs: 20,
    monitorIntervalMs: 5,
    logger: { warn: () => undefined, error: () => undefined },
  };
  const attached = lifeguard(quick, options).asPool(pool);
  const reported = new Promise((resolve) => attached.on('leak', resolve));
  attached.on('timeout', () => expect.unreachable())();
  const transaction = await quick.startTransaction().execute();
  expect(await reported).toMatchObject({ code: 'LG_LEAK_SUSPECTED' });
  await transaction.rollback().execute();
  expect(attached.snapshot().counters).toMatchObject({ leaksReported: 1, returnedLate: 1 });
});
