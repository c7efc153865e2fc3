import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import type { Generated } from 'kysely';
import { expect, test } from 'vitest';
import { formatLeakReport, runSession } from '@lifeguard/core';
import { formatHolder } from '@lifeguard/core/adapter';
import { NodeSqliteDialect } from '../test-support/sqlite-dialect.ts';
import { guardDialect } from './guard-dialect.ts';
import type { WatchOptions } from './watch.ts';

interface Database {
  person: { id: Generated<number>; name: string };
}

const QUIET = { warn: () => undefined, error: () => undefined };

async function setup(options: WatchOptions = {}) {
  const inner = new NodeSqliteDialect({ pooled: true });
  const dialect = guardDialect(inner, { logger: QUIET, stacks: { mode: 'always' }, ...options });
  const db = new Kysely<Database>({ dialect });
  await sql`create table person (id integer primary key, name text not null)`.execute(db);
  return { db, inner, dialect, watch: dialect.lifeguard };
}

test('a guarded dialect gives back as many connections as it took', async () => {
  const { db, inner, watch } = await setup();
  await db.insertInto('person').values({ name: 'Ada' }).execute();
  await db.transaction().execute((trx) => trx.insertInto('person').values({ name: 'Bob' }).execute());
  const names: string[] = [];
  for await (const { name } of db.selectFrom('person').select('name').stream()) names.push(name);
  await expect(db.transaction().execute(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  expect(names).toEqual(['Ada', 'Bob']);
  expect(inner.driver.acquired).toBe(inner.driver.released);
  expect(watch.tracker.used).toBe(0);
  expect(watch.snapshot().counters.acquired).toBe(inner.driver.acquired);
  await db.destroy();
});

test('a guarded dialect has savepoints where its driver has them', async () => {
  const { db } = await setup();
  const trx = await db.startTransaction().execute();
  await trx.insertInto('person').values({ name: 'Ada' }).execute();
  const inner = await trx.savepoint('one').execute();
  await inner.insertInto('person').values({ name: 'Bob' }).execute();
  await inner.rollbackToSavepoint('one').execute();
  await trx.commit().execute();
  expect(await db.selectFrom('person').select('name').execute()).toEqual([{ name: 'Ada' }]);
  await db.destroy();
});

test('the holder is named by the line that took the connection, with its transaction and its last query', async () => {
  const { db, watch } = await setup();
  const trx = await db.startTransaction().execute();
  await trx.selectFrom('person').selectAll().where('name', '=', 'secret').execute();
  const [lease] = watch.leases();
  expect(lease).toMatchObject({ transaction: 'open', queryRunning: false, queries: 2 });
  expect(lease?.lastQuery).toBe('select * from "person" where "name" = ?');
  expect(lease?.site?.file).toMatch(/guard-dialect\.test\.ts$/);
  expect(watch.holders().map(formatHolder).join()).toMatch(
    /1× .*guard-dialect\.test\.ts:\d+.*idle in transaction/,
  );
  await trx.rollback().execute();
  expect(watch.leases()).toEqual([]);
  await db.destroy();
});

test('a lease that is held too long is reported, and retracted when it comes back', async () => {
  const { db, watch } = await setup({ leakThresholdMs: 20, monitorIntervalMs: 5, name: 'books' });
  const reports: string[] = [];
  const returned = Promise.withResolvers<void>();
  watch.on('leak', (report) => reports.push(formatLeakReport(report)));
  watch.on('returned-late', () => returned.resolve());
  const trx = await db.startTransaction().execute();
  while (reports.length === 0) await sleep(5);
  await trx.rollback().execute();
  await returned.promise;
  expect(reports[0]).toContain('connection of pool "books" held');
  expect(reports[0]).toMatch(/acquired +\S*guard-dialect\.test\.ts:/);
  await db.destroy();
});

test('a driver without savepoints still has none', async () => {
  const inner = new NodeSqliteDialect();
  Object.assign(inner.driver, {
    savepoint: undefined,
    rollbackToSavepoint: undefined,
    releaseSavepoint: undefined,
  });
  const driver = guardDialect(inner).createDriver();
  expect(driver.savepoint).toBeUndefined();
  expect(driver.releaseSavepoint).toBeUndefined();
});

test('a log sees begin and commit, as without the guard', async () => {
  const texts: string[] = [];
  const dialect = guardDialect(new NodeSqliteDialect());
  const db = new Kysely<Database>({ dialect, log: ({ query }) => void texts.push(query.sql) });
  await db.transaction().execute((trx) => sql`select 1`.execute(trx));
  expect(texts).toEqual(['begin', 'select 1', 'commit']);
  await db.destroy();
});

test('a session that ends refuses further queries of its holder, but not the rollback', async () => {
  const { db, watch, inner } = await setup();
  const late = Promise.withResolvers<unknown>();
  const session = runSession({ timeoutMs: 30 }, ({ signal }) =>
    db.transaction().execute(async (trx) => {
      await sql`select 1`.execute(trx);
      await once(signal, 'abort');
      await sql`select 2`.execute(trx).catch((error: unknown) => late.resolve(error));
      throw new Error('mine');
    }),
  );
  await expect(session).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
  expect(await late.promise).toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
  while (watch.tracker.used > 0) await sleep(1);
  expect(inner.driver.log.slice(-2)).toEqual(['select 1', 'rollback']);
  await db.destroy();
});

test('a session that ends while it waits for a connection gives back the one that comes late', async () => {
  const { db, inner, watch } = await setup();
  const arrival = Promise.withResolvers<void>();
  const acquire = inner.driver.acquireConnection.bind(inner.driver);
  inner.driver.acquireConnection = async () => {
    await arrival.promise;
    return acquire();
  };
  const session = runSession({ timeoutMs: 20 }, () => sql`select 1`.execute(db));
  await expect(session).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
  expect(watch.snapshot().pending).toBe(0);
  arrival.resolve();
  while (inner.driver.acquired !== inner.driver.released) await sleep(1);
  expect(watch.tracker.used).toBe(0);
});

test('bad options are refused where the dialect is made', () => {
  expect(() => guardDialect(new NodeSqliteDialect(), { leakThresholdMs: -1 })).toThrow(/leakThresholdMs/);
});
