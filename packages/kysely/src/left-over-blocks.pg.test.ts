import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { guards } from '../test-support/guards.ts';
import type { Db } from '../test-support/guards.ts';
import { add, createTables } from '../test-support/postgres.ts';
import { managedTransaction } from './managed-transaction.ts';

let database: Awaited<ReturnType<typeof createTables>>;
beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
beforeEach(() => database.admin.query('truncate person'));
afterAll(() => database.drop());

type Block = (db: Db, fn: (trx: Db) => Promise<unknown>) => Promise<unknown>;

const managed: Block = (db, fn) => managedTransaction(db, fn);
const joined: Block = (db, fn) => db.transaction().execute(fn);
const isOver = { code: 'LG_LEASE_RELEASED' };

// PostgreSQL fails the whole transaction that names a savepoint which is gone, and keeps the newest of those of one name.
describe.each(Object.entries(guards))('%s', (_guard, make) => {
  /** A block that fails while one inside it is not done; that one goes on when `go` is called. */
  const leaveOver = async (db: Db, around: Block, block: Block, last?: (trx: Db) => Promise<unknown>) => {
    const begun = Promise.withResolvers<void>();
    const going = Promise.withResolvers<void>();
    let left: Promise<unknown> = Promise.resolve();
    const failing = around(db, async () => {
      left = block(db, async (child) => {
        await add(child, 'child');
        begun.resolve();
        await going.promise;
        await last?.(child);
      });
      left.catch(() => undefined);
      await begun.promise;
      throw new Error('mine');
    });
    await expect(failing).rejects.toThrow('mine');
    return { left, go: going.resolve };
  };

  test.each([
    ['managed', managed, 'managed', managed],
    ['managed', managed, 'joined', joined],
    ['joined', joined, 'managed', managed],
    ['joined', joined, 'joined', joined],
  ])('a %s block that fails leaves one inside (%3$s) nothing to release', async (_, around, _name, block) => {
    await using rig = make(database.url, 'join', []);
    await managedTransaction(rig.db, async (trx) => {
      await add(trx, 'outer');
      const { left, go } = await leaveOver(rig.db, around, block);
      go();
      await expect(left).rejects.toMatchObject(isOver);
      await add(trx, 'after');
    });
    expect(await database.names()).toEqual(['after', 'outer']);
  });

  test('what is left of a failed block does not release the savepoint of another one', async () => {
    await using rig = make(database.url, 'off', []);
    await managedTransaction(rig.db, async (trx) => {
      await add(trx, 'outer');
      const { left, go } = await leaveOver(rig.db, managed, managed);
      await managedTransaction(rig.db, async (second) => {
        await add(second, 'second');
        const third = managedTransaction(rig.db, async (inner) => {
          await add(inner, 'third');
          go();
          await expect(left).rejects.toMatchObject(isOver);
          throw new Error('third');
        });
        await expect(third).rejects.toThrow('third');
      });
    });
    expect(await database.names()).toEqual(['outer', 'second']);
  });

  test('a query of a block inside a failed one does not get into the transaction', async () => {
    await using rig = make(database.url, 'off', []);
    await managedTransaction(rig.db, async (trx) => {
      const { left, go } = await leaveOver(rig.db, managed, managed, (child) => add(child, 'late'));
      go();
      await expect(left).rejects.toMatchObject(isOver);
      await add(trx, 'after');
    });
    expect(await database.names()).toEqual(['after']);
  });

  test('nor does one that is two blocks further in', async () => {
    await using rig = make(database.url, 'join', []);
    await managedTransaction(rig.db, async (trx) => {
      const failed = Promise.withResolvers<void>();
      let deepest: Promise<unknown> = Promise.resolve();
      const { left, go } = await leaveOver(rig.db, managed, async (db, fn) =>
        managedTransaction(db, async (child) => {
          deepest = db.transaction().execute(async (inner) => {
            await failed.promise;
            await add(inner, 'late');
          });
          deepest.catch(() => undefined);
          await fn(child);
        }),
      );
      failed.resolve();
      await expect(deepest).rejects.toMatchObject(isOver);
      go();
      await expect(left).rejects.toMatchObject(isOver);
      await add(trx, 'after');
    });
    expect(await database.names()).toEqual(['after']);
  });
});
