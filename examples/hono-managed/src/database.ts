import { type Generated, Kysely } from 'kysely';
import type { DatabaseSettings } from '@lifeguard/config';
import { LifeguardDialect } from '@lifeguard/kysely';
import { LifeguardPool } from '@lifeguard/pg';
import { log } from './log.ts';

export interface Tables {
  products: {
    id: Generated<number>;
    name: string;
    price_cents: number;
    stock: number;
  };
  orders: {
    id: Generated<number>;
    customer: string;
    total_cents: Generated<number>;
  };
  order_lines: {
    order_id: number;
    product_id: number;
    quantity: number;
  };
  /** One row for each customer; 1,000 points at most. */
  loyalty: {
    customer: string;
    points: number;
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
  // In a transaction a query with `db` in place of `trx` would run outside of it: here that is an error.
  return { pool, db: new Kysely<Tables>({ dialect: new LifeguardDialect({ pool, strayQueries: 'error' }) }) };
}
