import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { CamelCasePlugin, sql } from 'kysely';
import { guards } from '../test-support/guards.ts';
import type { Db } from '../test-support/guards.ts';
import { add, createTables } from '../test-support/postgres.ts';
import { managedSession } from './managed-session.ts';
import { managedTransaction } from './managed-transaction.ts';

let database: Awaited<ReturnType<typeof createTables>>;
beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
beforeEach(() => database.admin.query('truncate person'));
afterAll(() => database.drop());

const derived: Record<string, (trx: Db) => Db> = {
  'a schema': (trx) => trx.withSchema('public'),
  'a plugin': (trx) => trx.withPlugin(new CamelCasePlugin()),
  nothing: (trx) => trx,
};

describe.each(Object.entries(guards))('in a transaction that Kysely began, over %s,', (_guard, make) => {
  test.each(Object.entries(derived))(
    'blocks side by side wait for each other, also through %s',
    async (_, derive) => {
      await using rig = make(database.url, 'off', []);
      await rig.db.transaction().execute(async (trx) => {
        const secondAsked = Promise.withResolvers<void>();
        const one = managedTransaction(trx, async (inner) => {
          await add(inner, 'one');
          await secondAsked.promise;
          // Were the second let in, it would be now.
          await add(inner, 'one too');
          throw new Error('one');
        });
        const two = managedTransaction(derive(trx), (inner) => add(inner, 'two'));
        secondAsked.resolve();
        const ends = await Promise.allSettled([one, two]);
        expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
      });
      expect(await database.names()).toEqual(['two']);
    },
  );

  test('a block may name the isolation level and access mode that the transaction has', async () => {
    await using rig = make(database.url, 'off', []);
    const plain = rig.db.transaction().setIsolationLevel('serializable').setAccessMode('read only');
    const options = { isolationLevel: 'serializable', accessMode: 'read only' } as const;
    const run = plain.execute((trx) => managedTransaction(trx, options, () => 'ok'));
    await expect(run).resolves.toBe('ok');
  });

  test.each([
    ['waits for something else', () => new Promise<never>(() => undefined)],
    ['runs a query', (inner: Db) => sql`select pg_sleep(0.3)`.execute(inner)],
  ])(
    'a block that is cut off by a session in between, while it %s, is undone before the next',
    async (_, wait) => {
      await using rig = make(database.url, 'off', []);
      await rig.db.transaction().execute(async (trx) => {
        const session = managedSession(rig.db, { timeoutMs: 60 }, () =>
          managedTransaction(trx, async (inner) => {
            await add(inner, 'cut off');
            await wait(inner);
          }),
        );
        await expect(session).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
        await managedTransaction(trx, (inner) => add(inner, 'after'));
      });
      expect(await database.names()).toEqual(['after']);
    },
  );

  test('a block that never ends does not hold those of the next transaction', async () => {
    await using rig = make(database.url, 'off', []);
    for (const name of ['one', 'two']) {
      await rig.db.transaction().execute(async (trx) => {
        await managedTransaction(trx, (inner) => add(inner, name));
        const begun = Promise.withResolvers<void>();
        void managedTransaction(trx, () => {
          begun.resolve();
          return new Promise(() => undefined);
        });
        await begun.promise;
      });
    }
    expect(await database.names()).toEqual(['one', 'two']);
  });
});
