import { setImmediate as turn } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { guards, inManaged } from '../test-support/guards.ts';
import type { Db } from '../test-support/guards.ts';
import { add, createTables, ownRig, until } from '../test-support/postgres.ts';
import type { Database } from '../test-support/postgres.ts';
import { managedTransaction } from './managed-transaction.ts';
import type { StrayQueryPolicy } from './stray-policy.ts';

let database: Awaited<ReturnType<typeof createTables>>;
beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
beforeEach(() => database.admin.query('truncate person'));
afterAll(() => database.drop());

describe.each(Object.entries(guards))('%s', (guard, make) => {
  const makeRig = (policy: StrayQueryPolicy) => make(database.url, policy, []);

  describe('a transaction that joins', () => {
    const joined = (db: Db, fn: () => Promise<unknown>) =>
      managedTransaction(db, { strayQueries: 'join' }, async (trx) => {
        await add(trx, 'mine');
        await fn();
      });

    test('is undone by itself when it fails, and the one around goes on', async () => {
      await using rig = makeRig('off');
      await joined(rig.db, async () => {
        const failing = rig.db.transaction().execute(async (inner) => {
          await add(inner, 'x');
          await add(inner, 'x');
        });
        await expect(failing).rejects.toMatchObject({ code: '23505' });
        await rig.db.transaction().execute((inner) => add(inner, 'y'));
        const controlled = await rig.db.startTransaction().execute();
        await add(controlled, 'z');
        await controlled.rollback().execute();
      });
      expect(await database.names()).toEqual(['mine', 'y']);
    });

    test('is rolled back, and says so, when a failure was caught inside', async () => {
      await using rig = makeRig('off');
      await joined(rig.db, async () => {
        const failing = rig.db.transaction().execute(async (inner) => {
          await add(inner, 'x');
          await sql`select 1 / 0`.execute(inner).catch(() => undefined);
        });
        await expect(failing).rejects.toMatchObject({ code: 'LG_COMMIT_ROLLED_BACK' });
        await add(rig.db, 'y');
      });
      expect(await database.names()).toEqual(['mine', 'y']);
    });

    test('cannot ask for a stronger isolation level', async () => {
      await using rig = makeRig('off');
      await joined(rig.db, async () => {
        const asking = rig.db
          .transaction()
          .setIsolationLevel('serializable')
          .execute(async () => 1);
        await expect(asking).rejects.toMatchObject({ code: 'LG_UNSUPPORTED' });
        await rig.db
          .transaction()
          .setIsolationLevel('read committed')
          .execute((inner) => add(inner, 'y'));
      });
      expect(await database.names()).toEqual(['mine', 'y']);
    });

    test('cannot ask to be read only', async () => {
      await using rig = makeRig('off');
      await joined(rig.db, async () => {
        const asking = rig.db
          .transaction()
          .setAccessMode('read only')
          .execute((inner) => add(inner, 'x'));
        await expect(asking).rejects.toMatchObject({ code: 'LG_UNSUPPORTED' });
      });
      expect(await database.names()).toEqual(['mine']);
    });

    test('waits for its turn among those beside it', async () => {
      await using rig = makeRig('off');
      await joined(rig.db, async () => {
        const one = (name: string, fails: boolean) =>
          rig.db.transaction().execute(async (inner) => {
            await add(inner, name);
            await turn();
            await add(rig.db, `${name} too`);
            if (fails) throw new Error(name);
          });
        const ends = await Promise.allSettled([one('a', false), one('b', true), one('c', false)]);
        expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      });
      expect(await database.names()).toEqual(['a', 'a too', 'c', 'c too', 'mine']);
    });

    test('holds managed blocks inside of it', async () => {
      await using rig = makeRig('off');
      await joined(rig.db, async () => {
        const failing = rig.db.transaction().execute(async (inner) => {
          await managedTransaction(rig.db, (trx) => add(trx, 'by the instance'));
          await managedTransaction(inner, (trx) => add(trx, 'by the transaction'));
          throw new Error('undo all');
        });
        await expect(failing).rejects.toThrow('undo all');
        await rig.db.transaction().execute(async (inner) => {
          const nested = managedTransaction(inner, async (trx) => {
            await add(trx, 'x');
            throw new Error('undo this');
          });
          await expect(nested).rejects.toThrow('undo this');
          await add(inner, 'y');
        });
      });
      expect(await database.names()).toEqual(['mine', 'y']);
    });

    test('that nobody awaited is not cut in two by the commit', async () => {
      await using rig = makeRig('off');
      let child: Promise<unknown> | undefined;
      await joined(rig.db, async () => {
        child = rig.db.transaction().execute(async (inner) => {
          await add(inner, 'x');
          await turn();
          await add(inner, 'y');
        });
        await turn();
      });
      await child;
      expect(await database.names()).toEqual(['mine', 'x', 'y']);
    });

    test('that outlives the block around it leaves the transaction alone', async () => {
      await using rig = makeRig('off');
      await joined(rig.db, async () => {
        const begun = Promise.withResolvers<void>();
        const failed = Promise.withResolvers<void>();
        let child: Promise<unknown> | undefined;
        const failing = managedTransaction(rig.db, async () => {
          child = rig.db.transaction().execute(async (inner) => {
            begun.resolve();
            await failed.promise;
            await add(inner, 'late');
          });
          await begun.promise;
          throw new Error('mine');
        });
        await expect(failing).rejects.toThrow('mine');
        failed.resolve();
        await expect(child).rejects.toMatchObject({ code: 'LG_LEASE_RELEASED' });
      });
      expect(await database.names()).toEqual(['mine']);
    });

    test('that was left open is undone when its block is', async () => {
      await using rig = makeRig('off');
      const run = managedTransaction(rig.db, { strayQueries: 'join', timeoutMs: 100 }, async () => {
        await add(await rig.db.startTransaction().execute(), 'never');
      });
      await expect(run).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
      await until(() => rig.busy() === 0, 'the connection is free');
      expect(await database.names()).toEqual([]);
    });
  });

  test('transactions by SQL are refused on a connection that has joined', async () => {
    await using rig = makeRig('join');
    await inManaged(rig.db, async () => {
      for (const text of ['begin', 'commit', 'rollback', 'abort', '-- done\ncommit', '/* done */ end'])
        await expect(sql.raw(text).execute(rig.db)).rejects.toMatchObject({ code: 'LG_UNSUPPORTED' });
      await sql`savepoint mine`.execute(rig.db);
      await sql`rollback to savepoint mine`.execute(rig.db);
    });
    expect(await database.names()).toEqual(['mine']);
  });

  if (guard === 'LifeguardDialect')
    test('a text that ends the transaction on its way is told, and nothing comes after it', async () => {
      await using rig = makeRig('join');
      const refused = { code: 'LG_UNSUPPORTED' };
      const run = managedTransaction(rig.db, async (trx) => {
        await expect(sql.raw('select 1; commit').execute(rig.db)).rejects.toMatchObject(refused);
        await expect(add(trx, 'after')).rejects.toMatchObject(refused);
        await expect(add(rig.db, 'after')).rejects.toMatchObject(refused);
      });
      await expect(run).rejects.toMatchObject({ code: 'LG_COMMIT_ROLLED_BACK', cause: refused });
      expect(await database.names()).toEqual([]);
    });

  test('a query that has joined is cut off at the deadline', async () => {
    await using rig = makeRig('join');
    const sleep = guard === 'LifeguardDialect' ? 60 : 0.3;
    const run = managedTransaction(rig.db, { timeoutMs: 150 }, async (trx) => {
      await add(trx, 'mine');
      await sql`select pg_sleep(${sleep})`.execute(rig.db).catch(() => undefined);
      await add(rig.db, 'late');
    });
    await expect(run).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    await until(async () => rig.busy() === 0 && (await database.unfinished()) === 0, 'nothing runs');
    expect(await database.names()).toEqual([]);
  });

  test('what comes late from a nested block that was cut off does not join the block around', async () => {
    await using rig = makeRig('join');
    const cut = Promise.withResolvers<void>();
    let late: Promise<unknown> | undefined;
    await managedTransaction(rig.db, async (trx) => {
      const nested = managedTransaction(rig.db, { timeoutMs: 50 }, () => {
        late = cut.promise.then(() => add(rig.db, 'late'));
        return new Promise<never>(() => undefined);
      });
      await expect(nested).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
      cut.resolve();
      await expect(late).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
      await add(trx, 'mine');
    });
    expect(await database.names()).toEqual(['mine']);
  });

  test('a connection that has joined is refused when it was kept', async () => {
    await using rig = makeRig('join');
    let kept: Db | undefined;
    await managedTransaction(rig.db, async () => {
      await rig.db.connection().execute(async (bound) => void (kept = bound));
      await expect(add(kept as Db, 'x')).rejects.toMatchObject({ code: 'LG_LEASE_RELEASED' });
    });
    await expect(add(kept as Db, 'x')).rejects.toMatchObject({ code: 'LG_LEASE_RELEASED' });
    expect(await database.names()).toEqual([]);
  });

  test('a failed query that has joined is what the commit names', async () => {
    await using rig = makeRig('join');
    const run = inManaged(rig.db, () => sql`select 1 / 0`.execute(rig.db).catch(() => undefined));
    const named = guard === 'LifeguardDialect' ? { failedStatement: 'select ? / ?' } : {};
    await expect(run).rejects.toMatchObject({ code: 'LG_COMMIT_ROLLED_BACK', ...named });
  });
});

test('with the log of Kysely, a query that has joined is logged once', async () => {
  await using rig = ownRig(database.url);
  const logged: string[] = [];
  const db = new Kysely<Database>({
    dialect: rig.dialect,
    log: (event) => void logged.push(event.query.sql),
  });
  await managedTransaction(db, { strayQueries: 'join' }, () => sql`select 42`.execute(db));
  expect(logged.filter((text) => text === 'select 42')).toHaveLength(1);
});
