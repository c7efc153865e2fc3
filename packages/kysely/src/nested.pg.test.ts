import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { guards } from '../test-support/guards.ts';
import { add, createTables, ownRig } from '../test-support/postgres.ts';
import { managedTransaction } from './managed-transaction.ts';

let database: Awaited<ReturnType<typeof createTables>>;
beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
beforeEach(() => database.admin.query('truncate person'));
afterAll(() => database.drop());

// PostgreSQL fails the whole transaction that names a savepoint which is gone; other databases only say so.
test('a nested block that outlives the failed one around it leaves the transaction alone', async () => {
  await using rig = ownRig(database.url);
  await managedTransaction(rig.db, async (trx) => {
    const begun = Promise.withResolvers<void>();
    const failed = Promise.withResolvers<void>();
    let child: Promise<unknown> | undefined;
    const failing = managedTransaction(trx, async (middle) => {
      child = managedTransaction(middle, async (inner) => {
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
    await add(trx, 'kept');
  });
  expect(await database.names()).toEqual(['kept']);
});

test.each(['its own transaction', 'the instance'] as const)(
  'what is left of a nested block that failed begins none in the one around, with %s',
  async (what) => {
    await using rig = ownRig(database.url);
    const late = Promise.withResolvers<unknown>();
    await managedTransaction(rig.db, async (trx) => {
      await add(trx, 'kept');
      const failing = managedTransaction(trx, (middle) => {
        const db = what === 'the instance' ? rig.db : middle;
        setImmediate(() => {
          managedTransaction(db, (inner) => add(inner, 'stray')).then(late.resolve, late.resolve);
        });
        throw new Error('mine');
      });
      await expect(failing).rejects.toThrow('mine');
      expect(await late.promise).toMatchObject({ code: 'LG_LEASE_RELEASED' });
    });
    expect(await database.names()).toEqual(['kept']);
  },
);

test.each(Object.entries(guards))(
  'a query that comes while a nested block is released is not sent (%s)',
  async (_, make) => {
    await using rig = make(database.url, 'off', []);
    await managedTransaction(rig.db, async (trx) => {
      const asked = Promise.withResolvers<void>();
      let late: Promise<unknown> = Promise.resolve();
      await managedTransaction(trx, async (inner) => {
        await add(inner, 'inner');
        // The callback has returned by then, and RELEASE is under way.
        setImmediate(() => {
          late = add(inner, 'late');
          late.catch(() => undefined);
          asked.resolve();
        });
      });
      await asked.promise;
      await expect(late).rejects.toMatchObject({ code: 'LG_LEASE_RELEASED' });
    });
    expect(await database.names()).toEqual(['inner']);
  },
);

test('what a block that nobody awaited still sends is sent, although the callback around has returned', async () => {
  await using rig = ownRig(database.url);
  await managedTransaction(rig.db, async (trx) => {
    await managedTransaction(trx, async (middle) => {
      const begun = Promise.withResolvers<void>();
      void managedTransaction(middle, async (inner) => {
        begun.resolve();
        await add(inner, 'one');
        await add(inner, 'two');
      });
      await begun.promise;
    });
  });
  expect(await database.names()).toEqual(['one', 'two']);
});
