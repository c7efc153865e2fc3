import { sql } from 'kysely';
import type { Kysely, Transaction } from 'kysely';
import type { BenchClient } from './bench-client.ts';

export interface Accounts {
  account: { id: number; balance: number };
}

export function byKysely(db: Kysely<Accounts>): BenchClient {
  return {
    select: () => sql`select 1`.execute(db),
    transaction: (id) => db.transaction().execute((trx) => transact(trx, id)),
  };
}

/** The transaction that all run, in Kysely's words. */
export async function transact(trx: Transaction<Accounts>, id: number): Promise<void> {
  await trx
    .updateTable('account')
    .set((eb) => ({ balance: eb('balance', '+', 1) }))
    .where('id', '=', id)
    .execute();
  await trx.selectFrom('account').select('balance').where('id', '=', id).execute();
}
