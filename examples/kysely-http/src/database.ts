import process from 'node:process';
import { type Generated, Kysely } from 'kysely';
import type { LeaseRevokedError } from '@lifeguard/core';
import { LifeguardDialect } from '@lifeguard/kysely';
import { LifeguardPool, type LifeguardPoolOptions } from '@lifeguard/pg';
import { openPlainDatabase } from './demo/plain-database.ts';
import { log } from './log.ts';

export interface Tables {
  products: ProductTable;
  orders: OrderTable;
}

interface ProductTable {
  id: Generated<number>;
  name: string;
  price_cents: number;
  stock: number;
}

interface OrderTable {
  id: Generated<number>;
  product_id: number;
  quantity: number;
  total_cents: number;
  status: Generated<'open' | 'paid' | 'refunded'>;
  created_at: Generated<Date>;
}

export interface Database {
  readonly db: Kysely<Tables>;
  readonly pool: LifeguardPool;
}

export function openDatabase(options: LifeguardPoolOptions): Database {
  if (process.env['LIFEGUARD'] === 'off') return openPlainDatabase(options); // To compare; delete it with demo.
  const pool = new LifeguardPool({ ...options, logger: log }); // It logs every suspected leak by itself.
  pool.addListener('revoke', ({ error }: { readonly error: LeaseRevokedError }) => {
    if (error.reason === 'leak' || error.reason === 'close') return; // Of these it logs a warning by itself.
    log.warn({ event: 'taken-back', code: error.code, reason: error.reason }, error.message);
  });
  return { pool, db: new Kysely<Tables>({ dialect: new LifeguardDialect({ pool }) }) };
}
