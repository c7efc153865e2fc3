import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { add, createTables, ownRig } from '../test-support/postgres.ts';
import { managedTransaction } from './managed-transaction.ts';

let database: Awaited<ReturnType<typeof createTables>>;
beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
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
