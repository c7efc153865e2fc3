import { inspect } from 'node:util';
// @ts-expect-error: it has no types of its own
import Cursor from 'pg-cursor';
import pg from 'pg';
import { Kysely, PostgresDialect, sql } from 'kysely';
import type { Dialect, Generated, PostgresDialectConfig } from 'kysely';
import { LifeguardPool } from '@lifeguard/pg';
import type { LifeguardPoolOptions } from '@lifeguard/pg';
import { createDatabase } from '@lifeguard/testing';
import { LifeguardDialect } from '../src/lifeguard-dialect.ts';

export interface Database {
  person: { id: Generated<number>; name: string };
}

export type Hooks = Pick<PostgresDialectConfig, 'onCreateConnection' | 'onReserveConnection'>;

/** One way to run Kysely on PostgreSQL, and how many of its connections are not given back. */
export interface Rig extends AsyncDisposable {
  readonly dialect: Dialect;
  readonly db: Kysely<Database>;
  readonly busy: () => number;
  readonly connections: () => number;
}

/** A database with the tables of {@link Database}, on the server of the test run. */
export async function createTables(serverUrl: string) {
  const database = await createDatabase(serverUrl);
  const admin = new pg.Pool({ connectionString: database.url, max: 2 });
  // It is idle when the database is dropped under it.
  admin.on('error', () => undefined);
  await admin.query('create table person (id serial primary key, name text not null unique)');
  return {
    url: database.url,
    admin,
    /** All persons, by name. */
    async names(): Promise<string[]> {
      const { rows } = await admin.query<{ name: string }>('select name from person order by name');
      return rows.map(({ name }) => name);
    },
    /** How many backends run something or stand in a transaction. */
    async unfinished(): Promise<number | undefined> {
      const text = `select count(*)::int as n from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`;
      return (await admin.query<{ n: number }>(text)).rows[0]?.n;
    },
    async drop() {
      await admin.end();
      await database.drop();
    },
  };
}

/** Inserts a person. */
export const add = (db: Kysely<Database>, name: string) => db.insertInto('person').values({ name }).execute();

/** Quiet, and as strict as a reader of logs: the password of the tests' database may not be in anything it is told. */
const QUIET = { warn: refuseSecrets, error: refuseSecrets };

function refuseSecrets(fields: object, text: string): void {
  const told = `${text} ${inspect(fields, { depth: 9 })}`;
  if (told.includes('LgCanary9')) console.error(told);
}

/** Kysely's own dialect over `pg.Pool`. */
export function stockRig(url: string, hooks: Hooks = {}, options: pg.PoolConfig = {}): Rig {
  const pool = new pg.Pool({ connectionString: url, max: 4, ...options });
  pool.on('error', () => undefined);
  // A client that dies while it is checked out would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const dialect = new PostgresDialect({ pool, cursor: Cursor, ...hooks });
  return rig(
    dialect,
    () => pool.totalCount - pool.idleCount,
    () => pool.totalCount,
    async () => {
      // What was leaked would keep end() waiting for ever.
      const clients = (pool as unknown as { _clients: pg.Client[] })._clients;
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
    },
  );
}

/** Our dialect over our pool. */
export function ownRig(
  url: string,
  hooks: Hooks = {},
  options: LifeguardPoolOptions = {},
): Rig & { pool: LifeguardPool } {
  const pool = new LifeguardPool({ connectionString: url, max: 4, logger: QUIET, ...options });
  pool.on('error', () => undefined);
  const dialect = new LifeguardDialect({ pool, cursor: Cursor, ...(hooks as object) });
  const own = rig(
    dialect,
    () => pool.snapshot().used,
    () => pool.totalCount,
    async () => {
      await pool.close({ drainMs: 0 });
    },
  );
  return Object.assign(own, { pool });
}

function rig(dialect: Dialect, busy: () => number, connections: () => number, end: () => Promise<void>): Rig {
  return { dialect, db: new Kysely<Database>({ dialect }), busy, connections, [Symbol.asyncDispose]: end };
}

export async function backendPid(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
  if (rows[0] === undefined) throw new Error('no row');
  return rows[0].pid;
}

/** Polls, under a deadline, until `condition` holds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const dueAt = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > dueAt) throw new Error(`not reached within 5 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
