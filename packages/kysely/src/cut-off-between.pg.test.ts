import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
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

const blocks: Record<string, (db: Db, fn: (inner: Db) => Promise<unknown>) => Promise<unknown>> = {
  managed: (db, fn) => managedTransaction(db, fn),
  joined: (db, fn) => db.transaction().execute(fn),
};
const waits: Record<string, (inner: Db) => Promise<unknown>> = {
  'waits for something else': () => new Promise<never>(() => undefined),
  'runs a query': (inner) => sql`select pg_sleep(0.3)`.execute(inner),
  'runs a query that outlives its cancel': (inner) =>
    sql`do $$ begin perform pg_sleep(0.3); exception when query_canceled then null; end $$`.execute(inner),
};
const next: Record<string, (db: Db, trx: Db) => Promise<unknown>> = {
  'a query': (_, trx) => add(trx, 'after'),
  'a query with the instance': (db) => add(db, 'after'),
  'a nested block': (db) => managedTransaction(db, (inner) => add(inner, 'after')),
  'a joined transaction': (db) => db.transaction().execute((inner) => add(inner, 'after')),
};

describe.each(Object.entries(guards))('%s', (_guard, make) => {
  describe.each(Object.entries(blocks))(
    'a %s block, cut off by a session between it and its transaction,',
    (_, block) => {
      /** Runs the block until it is cut off. */
      const cutOff = async (db: Db, wait: (inner: Db) => Promise<unknown>) => {
        const session = managedSession(db, { timeoutMs: 60 }, () =>
          block(db, async (inner) => {
            await add(inner, 'cut off');
            await wait(inner);
          }),
        );
        await expect(session).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
      };

      describe.each(Object.entries(waits))('while it %s', (_name, wait) => {
        test('is undone before the commit', async () => {
          await using rig = make(database.url, 'join', []);
          await managedTransaction(rig.db, async (trx) => {
            await add(trx, 'outer');
            await cutOff(rig.db, wait);
          });
          expect(await database.names()).toEqual(['outer']);
        });

        test.each(Object.entries(next))('is undone before %s comes next', async (_what, then) => {
          await using rig = make(database.url, 'join', []);
          await managedTransaction(rig.db, async (trx) => {
            await add(trx, 'outer');
            await cutOff(rig.db, wait);
            await then(rig.db, trx);
          });
          expect(await database.names()).toEqual(['after', 'outer']);
        });
      });

      test('is undone in a nested block as well', async () => {
        await using rig = make(database.url, 'join', []);
        await managedTransaction(rig.db, async () => {
          await managedTransaction(rig.db, async (nested) => {
            await cutOff(rig.db, () => new Promise<never>(() => undefined));
            await add(nested, 'nested');
          });
          await rig.db.transaction().execute(async (nested) => {
            await cutOff(rig.db, () => new Promise<never>(() => undefined));
            await add(nested, 'joined');
          });
        });
        expect(await database.names()).toEqual(['joined', 'nested']);
      });

      test('sends nothing more', async () => {
        await using rig = make(database.url, 'join', []);
        await managedTransaction(rig.db, async () => {
          const over = Promise.withResolvers<void>();
          let late: Promise<unknown> = Promise.resolve();
          await cutOff(rig.db, (inner) => (late = over.promise.then(() => add(inner, 'late'))));
          over.resolve();
          await expect(late).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
        });
        expect(await database.names()).toEqual([]);
      });
    },
  );

  test('what waits for a block to be undone is refused once its own block is over', async () => {
    await using rig = make(database.url, 'off', []);
    let waiting: Promise<unknown> = Promise.resolve();
    const run = managedTransaction(rig.db, { timeoutMs: 200 }, async (trx) => {
      const session = managedSession(rig.db, { timeoutMs: 60 }, () =>
        managedTransaction(rig.db, (inner) =>
          sql`do $$ begin perform pg_sleep(0.5); exception when query_canceled then perform pg_sleep(0.5); end $$`.execute(
            inner,
          ),
        ),
      );
      await session.catch(() => undefined);
      waiting = add(trx, 'after');
      await waiting;
    });
    await expect(run).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    await expect(waiting).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    expect(await database.names()).toEqual([]);
  });
});
