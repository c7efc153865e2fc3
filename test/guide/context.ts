// What the code blocks of docs/guide may name without declaring it, as a reader's own application would have it. Each page has a
// process and a database of its own.

import process from 'node:process';
import { LifeguardDialect } from '@lifeguard/kysely';
import { LifeguardPool } from '@lifeguard/pg';
import { Kysely } from 'kysely';
import type { Generated } from 'kysely';

export interface Database {
  readonly customers: { readonly id: Generated<number>; readonly name: string };
  readonly orders: {
    readonly id: Generated<number>;
    readonly customer: number;
    readonly total: number;
    readonly state: Generated<'new' | 'paid' | 'shipped'>;
  };
}

export const connectionString: string = process.env['DATABASE_URL'] ?? '';

export const pool: LifeguardPool = new LifeguardPool({ connectionString, max: 4, acquireTimeoutMs: 2_000 });

export const db: Kysely<Database> = new Kysely<Database>({ dialect: new LifeguardDialect({ pool }) });

await pool.query(`
  create table if not exists customers (id int generated always as identity primary key, name text not null);
  create table if not exists orders (id int generated always as identity primary key, customer int not null references customers,
    total int not null, state text not null default 'new');
  insert into customers (name) select 'customer ' || n from generate_series(1, 3) n;
  insert into orders (customer, total) select 1 + n % 3, 10 * n from generate_series(1, 30) n;
`);

/** Something slow that is not the database. */
export async function chargeCard(orderId: number): Promise<string> {
  await Promise.resolve();
  return `receipt of ${orderId}`;
}

/** What was seen last, for when the database cannot be asked. */
export const lastSeen: Map<number, string> = new Map([[1, 'customer 1, as of a minute ago']]);

export const log: { error: (fields: object, text: string) => void } = {
  error: (fields, text) => console.log(text, JSON.stringify(fields)),
};
