// Run as a program of its own by live-leaks.pg.test.ts: nobody here listens to any error.
import process from 'node:process';
import pg from 'pg';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { LifeguardPool } from '@lifeguard/pg';
import { LifeguardDialect } from '../src/lifeguard-dialect.ts';
import { backendPid } from './postgres.ts';
import type { Database } from './postgres.ts';

/** Over which pool it runs. */
export type Flavour = 'stock' | 'own';

const [connectionString = '', flavour] = process.argv.slice(2);
const options = { connectionString, max: 2, logger: { warn: () => undefined, error: () => undefined } };
const dialect =
  (flavour satisfies string | undefined as Flavour) === 'stock'
    ? new PostgresDialect({ pool: new pg.Pool(options) })
    : new LifeguardDialect({ pool: new LifeguardPool(options) });
const db = new Kysely<Database>({ dialect });

// Queries that are aborted by ending their backend.
for (let i = 0; i < 5; i += 1) {
  const controller = new AbortController();
  const query = sql`select pg_sleep(60)`.execute(db, {
    signal: controller.signal,
    inflightQueryAbortStrategy: 'kill session',
  });
  setTimeout(() => controller.abort(new Error('enough')), 50);
  await query.catch(() => undefined);
}
process.stdout.write('aborted\n');

// A backend that is ended while its transaction runs nothing.
const killer = new pg.Client({ connectionString });
await killer.connect();
const trx = await db.startTransaction().execute();
await killer.query('select pg_terminate_backend($1)', [await backendPid(trx)]);
await killer.end();
const outcome = await trx
  .commit()
  .execute()
  .then(
    () => 'committed',
    () => 'rejected',
  );
await trx
  .rollback()
  .execute()
  .catch(() => undefined);
process.stdout.write(`${outcome}\n`);
await sql`select 1`.execute(db);
await db.destroy();
process.stdout.write('survived\n');
