import { type ColumnType, type Generated, Kysely } from 'kysely';
import type { DatabaseSettings } from '@lifeguard/config';
import { LifeguardDialect } from '@lifeguard/kysely';
import { LifeguardPool } from '@lifeguard/pg';
import { log } from './log.ts';

export interface Tables {
  jobs: {
    id: Generated<number>;
    kind: string;
    payload: ColumnType<unknown, string, string>;
    state: Generated<'queued' | 'done' | 'failed'>;
    attempts: Generated<number>;
    run_at: Generated<Date>;
    last_error: string | null;
  };
  invoices: {
    id: Generated<number>;
    customer: string;
    total_cents: number;
  };
}

export type Db = Kysely<Tables>;

export interface Database {
  readonly db: Db;
  readonly pool: LifeguardPool;
}

export function openDatabase({ url, pool: options }: DatabaseSettings): Database {
  if (url === undefined) throw new Error('set DATABASE_URL: see .env.example');
  // It logs every suspected leak by itself.
  const pool = new LifeguardPool({ connectionString: url, ...options, logger: log });
  // A job that used `db` in place of `trx` would not be undone with its batch: here that is an error.
  return { pool, db: new Kysely<Tables>({ dialect: new LifeguardDialect({ pool, strayQueries: 'error' }) }) };
}
