// A watched SQLite by better-sqlite3: one connection, which Kysely itself hands to one caller after the other.

import { once } from 'node:events';
import BetterSqlite from 'better-sqlite3';
import { Kysely, SqliteDialect, sql } from 'kysely';
import type { Generated } from 'kysely';
import { expect, test } from 'vitest';
import { formatLeakReport } from '@lifeguard/core';
import { guardDialect, managedSession, managedTransaction } from '@lifeguard/kysely';
import type { GuardDialectOptions } from '@lifeguard/kysely';
import { until } from '../support/until.ts';

interface Database {
  person: { id: Generated<number>; name: string };
}

const QUIET = { warn: () => undefined, error: () => undefined };
const TIMEOUT = { code: 'LG_SESSION_TIMEOUT' };

async function rig(options: GuardDialectOptions = {}) {
  const inner = new SqliteDialect({ database: new BetterSqlite(':memory:') });
  const dialect = guardDialect(inner, { logger: QUIET, stacks: { mode: 'always' }, ...options });
  const db = new Kysely<Database>({ dialect });
  await sql`create table person (id integer primary key, name text not null)`.execute(db);
  const watch = dialect.lifeguard;
  return {
    db,
    watch,
    add: (on: Kysely<Database>, name: string) => on.insertInto('person').values({ name }).execute(),
    names: async () =>
      (await db.selectFrom('person').select('name').orderBy('id').execute()).map(({ name }) => name),
    async [Symbol.asyncDispose]() {
      await until('the connection is given back', () => watch.tracker.used === 0);
      await db.destroy();
    },
  };
}

test('who holds the connection for too long is reported, with the line that asked for it', async () => {
  await using own = await rig({ leakThresholdMs: 20, monitorIntervalMs: 5, name: 'books' });
  const reports: string[] = [];
  own.watch.on('leak', (report) => reports.push(formatLeakReport(report)));
  await own.db.transaction().execute(async (trx) => {
    await own.add(trx, 'secret');
    await until('it is reported', () => reports.length > 0);
  });
  expect(reports[0]).toContain('connection of pool "books" held');
  expect(reports[0]).toMatch(/acquired +\S*sqlite\.test\.ts:\d+/);
  expect(reports[0]).not.toContain('secret');
});

test('a transaction is rolled back at its deadline, and the only connection is free', async () => {
  await using own = await rig();
  const work = managedTransaction(own.db, { timeoutMs: 40 }, async (trx) => {
    await own.add(trx, 'mine');
    await new Promise(() => undefined);
  });
  await expect(work).rejects.toMatchObject(TIMEOUT);
  await own.add(own.db, 'next');
  expect(await own.names()).toEqual(['next']);
});

test('a query of a callback that goes on after the deadline is refused', async () => {
  await using own = await rig();
  const late = Promise.withResolvers<unknown>();
  const work = managedTransaction(own.db, { timeoutMs: 40 }, async (trx, { signal }) => {
    await once(signal, 'abort');
    await own.add(trx, 'late').catch(late.resolve);
  });
  await expect(work).rejects.toMatchObject(TIMEOUT);
  expect(await late.promise).toMatchObject(TIMEOUT);
  expect(await own.names()).toEqual([]);
});

test('who waits for the connection stops at the deadline, and takes it no more', async () => {
  await using own = await rig();
  const held = Promise.withResolvers<void>();
  const holding = own.db.connection().execute(() => held.promise);
  await until('it is held', () => own.watch.tracker.used === 1);
  const waiting = [
    managedTransaction(own.db, { timeoutMs: 40 }, (trx) => own.add(trx, 'late')),
    managedSession(own.db, { timeoutMs: 40 }, (db) => own.add(db, 'late')),
  ];
  for (const each of waiting) await expect(each).rejects.toMatchObject(TIMEOUT);
  held.resolve();
  await holding;
  await own.add(own.db, 'next');
  expect(await own.names()).toEqual(['next']);
});

test('nested transactions are savepoints', async () => {
  await using own = await rig();
  await managedTransaction(own.db, async (trx) => {
    await own.add(trx, 'one');
    const failing = managedTransaction(own.db, async (inner) => {
      await own.add(inner, 'two');
      throw new Error('mine');
    });
    await expect(failing).rejects.toThrow('mine');
    await managedTransaction(trx, (inner) => own.add(inner, 'three'));
  });
  expect(await own.names()).toEqual(['one', 'three']);
});

test('a stream is read to its end, or left, and the connection is given back', async () => {
  await using own = await rig();
  for (const name of ['Ada', 'Bob']) await own.add(own.db, name);
  const names: string[] = [];
  for await (const { name } of own.db.selectFrom('person').select('name').stream()) names.push(name);
  for await (const _ of own.db.selectFrom('person').select('name').stream()) break;
  expect(names).toEqual(['Ada', 'Bob']);
  expect(await own.names()).toEqual(['Ada', 'Bob']);
});

test('no query can be ended while it runs: that is refused where the dialect is made', () => {
  const inner = new SqliteDialect({ database: new BetterSqlite(':memory:') });
  expect(() => guardDialect(inner, { cancel: 'kill query' })).toThrow(
    expect.objectContaining({ code: 'LG_UNSUPPORTED' }) as Error,
  );
});
