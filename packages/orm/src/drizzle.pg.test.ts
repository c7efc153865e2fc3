import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { pgTable, text } from 'drizzle-orm/pg-core';
import { expect, test } from 'vitest';
import { LAYERS } from '../test/layers/index.ts';
import { rejectionOf, useDatabase } from '../test/rig.ts';
import { managedTransaction } from './drizzle.ts';

const database = useDatabase();
const table = pgTable('kept', { name: text('name') });

test('a statement that a transaction has prepared is not sent once that is over, whoever has the connection', async () => {
  const { pool } = await database.open(LAYERS[0] as (typeof LAYERS)[number], { max: 1 });
  const db = drizzle({ client: pool });
  const stale = await managedTransaction(db, (tx) => ({
    execute: tx.insert(table).values({ name: 'stale' }).prepare('late'),
  }));
  await managedTransaction(db, async (tx) => {
    await tx.execute(sql`select 1`);
    expect((await rejectionOf(stale.execute.execute())).cause).toMatchObject({ code: 'LG_LEASE_RELEASED' });
  });
  const lease = await pool.lease();
  await rejectionOf(stale.execute.execute());
  lease.release();
  expect(await database.kept()).toEqual([]);
});
