// As it was before Lifeguard came: a Kysely on a pg.Pool. Not a line of it has changed.

import { type Generated, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';

export interface Tables {
  events: {
    id: Generated<number>;
    name: string;
    seats_left: number;
  };
  bookings: {
    id: Generated<number>;
    event_id: number;
    customer: string;
    seats: number;
  };
}

export type Db = Kysely<Tables>;

export interface Database {
  readonly db: Db;
  readonly pool: pg.Pool;
}

export interface DatabaseOptions {
  readonly connectionString: string;
  readonly max: number;
  readonly connectionTimeoutMillis: number;
}

export function openDatabase(options: DatabaseOptions): Database {
  // Nobody takes a connection back from a query of a pg.Pool, so the server has to end what takes too long.
  const limits = { statement_timeout: 5_000, idle_in_transaction_session_timeout: 30_000 };
  const pool = new pg.Pool({ ...options, ...limits });
  // Of an idle connection that the server has closed; pg.Pool opens another one. Without a listener the process would end.
  pool.on('error', () => undefined);
  return { pool, db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }) };
}
