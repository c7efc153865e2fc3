import { once } from 'node:events';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { currentSession } from '@lifeguard/core';
import { guards } from '../test-support/guards.ts';
import type { Db } from '../test-support/guards.ts';
import { add, createTables, ownRig } from '../test-support/postgres.ts';
import { managedTransaction } from './managed-transaction.ts';

let database: Awaited<ReturnType<typeof createTables>>;
beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
beforeEach(() => database.admin.query('truncate person'));
afterAll(() => database.drop());

const retry = { limit: 2, baseMs: 0 };
const loses = (db: Db) => sql`do $$ begin raise exception using errcode = '40001'; end $$`.execute(db);
const transactionId = async (db: Db) =>
  (await sql<{ id: string }>`select pg_current_xact_id()::text as id`.execute(db)).rows[0]?.id;

describe.each(Object.entries(guards))('%s', (_guard, make) => {
  test.each([
    ['a query', 'join', transactionId],
    ['a managed block', 'warn', (db: Db) => managedTransaction(db, transactionId)],
  ] as const)(
    '%s that is left of a try does not run in the transaction of the next',
    async (_, policy, run) => {
      await using rig = make(database.url, policy, []);
      const left: Promise<unknown>[] = [];
      const ids: unknown[] = [];
      const last = Promise.withResolvers<void>();
      await managedTransaction(rig.db, { retry }, async (trx) => {
        if (left.length < retry.limit) {
          left.push(last.promise.then(() => run(rig.db)));
          return loses(trx);
        }
        ids.push(await transactionId(trx));
        last.resolve();
        ids.push(...(await Promise.all(left)));
        return undefined;
      });
      expect(new Set(ids).size).toBe(3);
    },
  );

  test('a later try is in its session all the same', async () => {
    await using rig = make(database.url, 'join', []);
    let tries = 0;
    const options = { retry, name: 'order', tags: { tenant: 'acme' }, timeoutMs: 30_000 };
    await managedTransaction(rig.db, options, async (trx, session) => {
      tries += 1;
      await add(trx, 'x');
      await add(rig.db, 'y');
      await managedTransaction(rig.db, (inner, { name }) => add(inner, `nested in ${session.name}, ${name}`));
      if (tries < 3) await loses(trx);
      expect(session).toMatchObject({ name: 'order', tags: { tenant: 'acme' }, state: 'open' });
      expect(session.remainingMs).toBeGreaterThan(10_000);
      expect(currentSession()).toBe(session);
    });
    expect(await database.names()).toEqual(['nested in order, undefined', 'x', 'y']);
  });

  test('a later try is cut off at the deadline of the whole', async () => {
    await using rig = make(database.url, 'join', []);
    let tries = 0;
    const run = managedTransaction(rig.db, { retry, timeoutMs: 150, name: 'order' }, async (trx, session) => {
      await add(trx, 'x');
      if ((tries += 1) < 2) return loses(trx);
      await once(session.signal, 'abort');
      expect(session.signal.reason).toMatchObject({ code: 'LG_SESSION_TIMEOUT', timeoutMs: 150 });
      return undefined;
    });
    await expect(run).rejects.toMatchObject({
      code: 'LG_SESSION_TIMEOUT',
      timeoutMs: 150,
      sessionName: 'order',
    });
    expect(await database.names()).toEqual([]);
  });

  test('a callback may abort the session that it is given, also in a later try', async () => {
    await using rig = make(database.url, 'join', []);
    let tries = 0;
    const run = managedTransaction(rig.db, { retry }, async (trx, session) => {
      await add(trx, 'x');
      if ((tries += 1) < 2) return loses(trx);
      session.abort(new Error('enough'));
      return undefined;
    });
    await expect(run).rejects.toThrow('enough');
    expect(await database.names()).toEqual([]);
  });
});

test('the lease of a later try is reported by the name of its transaction', async () => {
  await using rig = ownRig(database.url);
  let tries = 0;
  await managedTransaction(rig.db, { retry, name: 'order' }, async (trx) => {
    if ((tries += 1) < 2) await loses(trx);
    expect(rig.pool.snapshot().leases.map(({ session }) => session?.name)).toEqual(['order']);
  });
});
