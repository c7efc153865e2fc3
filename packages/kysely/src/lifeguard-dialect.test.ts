import { Kysely, sql } from 'kysely';
import { expect, test, vi } from 'vitest';
import { FakePool } from '../test-support/fake-pool.ts';
import { LifeguardDialect } from './lifeguard-dialect.ts';

const select = sql`select 1`;

test('the pool may be made when the first query is run', async () => {
  const pool = new FakePool();
  const make = vi.fn(async () => pool);
  const db = new Kysely<object>({ dialect: new LifeguardDialect({ pool: make }) });
  expect(make).not.toHaveBeenCalled();
  await Promise.all([select.execute(db), select.execute(db)]);
  expect(make).toHaveBeenCalledOnce();
  await db.destroy();
  expect(pool.ended).toBe(1);
});

test('destroy does nothing before the first query, as in Kysely', async () => {
  const pool = new FakePool();
  const db = new Kysely<object>({ dialect: new LifeguardDialect({ pool }) });
  await db.destroy();
  expect(pool.ended).toBe(0);
});

test('a pool that is not ours is refused, with what to do instead', async () => {
  const pool = { connect: () => undefined, end: () => undefined } as unknown as FakePool;
  expect(() => new LifeguardDialect({ pool })).toThrow(/"pool" must be a LifeguardPool.*guardDialect/);
  const db = new Kysely<object>({ dialect: new LifeguardDialect({ pool: () => pool }) });
  await expect(select.execute(db)).rejects.toMatchObject({ code: 'LG_INVALID_OPTION', option: 'pool' });
});

test('a hook that throws closes its connection, and later ones are not harmed', async () => {
  const pool = new FakePool();
  let fails = true;
  const onReserveConnection = async () => {
    if (fails) throw new Error('hook failed');
  };
  const db = new Kysely<object>({ dialect: new LifeguardDialect({ pool, onReserveConnection }) });
  await expect(db.transaction().execute(() => Promise.resolve())).rejects.toThrow('hook failed');
  fails = false;
  await select.execute(db);
  expect(pool.core.counts()).toMatchObject({ used: 0, idle: 1 });
  expect(pool.core.snapshot().counters).toMatchObject({ connected: 2, closed: 1 });
});

test('an instance that is destroyed while a connection is waited for gives that one back', async () => {
  const pool = new FakePool({ size: 1 });
  const db = new Kysely<object>({ dialect: new LifeguardDialect({ pool }) });
  await select.execute(db);
  const driver = new LifeguardDialect({ pool }).createDriver();
  await driver.init();
  const acquiring = driver.acquireConnection();
  await driver.destroy();
  await expect(acquiring).rejects.toThrow();
  expect(pool.core.counts().used).toBe(0);
});

test('a label stands in for the line of code', async () => {
  const pool = new FakePool();
  const db = new Kysely<object>({ dialect: new LifeguardDialect({ pool, label: 'migrations' }) });
  await db.connection().execute(async () => expect(pool.core.tracker.leases()[0]?.label).toBe('migrations'));
});

test('streaming without a cursor says how to get one', async () => {
  const db = new Kysely<{ t: { id: number } }>({ dialect: new LifeguardDialect({ pool: new FakePool() }) });
  await expect(db.selectFrom('t').selectAll().stream().next()).rejects.toThrow('pg-cursor');
});

test('a connection whose acquire was aborted answers with the reason', async () => {
  const pool = new FakePool({ size: 1 });
  const driver = new LifeguardDialect({ pool }).createDriver();
  await driver.init();
  const holder = await driver.acquireConnection();
  const controller = new AbortController();
  const waiting = driver.acquireConnection({ signal: controller.signal });
  controller.abort(new Error('gone'));
  const refused = await waiting;
  const query = select.compile(new Kysely<object>({ dialect: new LifeguardDialect({ pool }) }));
  await expect(refused.executeQuery(query)).rejects.toThrow('gone');
  await expect(refused.streamQuery(query, 1).next()).rejects.toThrow('gone');
  await driver.releaseConnection(refused);
  await driver.releaseConnection(holder);
  expect(pool.core.counts()).toMatchObject({ used: 0, pending: 0 });
});

test('a transaction that cannot begin gives its connection back by itself: Kysely 0.28 does not', async () => {
  const pool = new FakePool({}, (text) => {
    if (text === 'begin') throw new Error('cannot begin');
    return undefined;
  });
  const driver = new LifeguardDialect({ pool }).createDriver();
  await driver.init();
  const connection = await driver.acquireConnection();
  await expect(driver.beginTransaction(connection, {})).rejects.toThrow('cannot begin');
  expect(pool.core.counts().used).toBe(0);
  await driver.releaseConnection(connection);
  await driver.destroy();
});
