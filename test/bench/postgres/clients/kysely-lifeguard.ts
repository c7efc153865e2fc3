import { LifeguardDialect, managedTransaction } from '@lifeguard/kysely';
import { LifeguardPool } from '@lifeguard/pg';
import { Kysely } from 'kysely';
import { CONNECTIONS } from './bench-client.ts';
import type { BenchClient } from './bench-client.ts';
import { byKysely, transact } from './by-kysely.ts';
import type { Accounts } from './by-kysely.ts';

export function openClient(connectionString: string): BenchClient {
  const pool = new LifeguardPool({ connectionString, max: CONNECTIONS });
  const db = new Kysely<Accounts>({ dialect: new LifeguardDialect({ pool }) });
  const managed = (id: number): Promise<void> =>
    managedTransaction(db, { timeoutMs: 5_000, name: 'account' }, (trx) => transact(trx, id));
  return { ...byKysely(db), managed };
}
