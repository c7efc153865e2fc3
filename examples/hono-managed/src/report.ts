import { sql } from 'kysely';
import { openSession } from '@lifeguard/kysely';
import type { Db } from './database.ts';

export interface Report {
  readonly orders: number;
  readonly revenueCents: number;
  readonly soldOut: readonly string[];
}

/**
 * Several queries in one session: all of them together have two seconds, and when this function is left, whichever way, nothing
 * of it runs on. Between them it holds no connection.
 */
export async function makeReport(db: Db): Promise<Report> {
  // From Node 24 on: await using session = await openSession(…), without try and finally.
  const session = await openSession(db, { name: 'report', timeoutMs: 2_000 });
  try {
    const soldOut = await session.db.selectFrom('products').select('name').where('stock', '=', 0).execute();
    const settings = { accessMode: 'read only', isolationLevel: 'repeatable read' } as const;
    const totals = await session.transaction(settings, (trx) =>
      trx
        .selectFrom('orders')
        .select([
          sql<number>`count(*)::int`.as('orders'),
          sql<number>`coalesce(sum(total_cents), 0)::float8`.as('revenueCents'),
        ])
        .executeTakeFirstOrThrow(),
    );
    return { ...totals, soldOut: soldOut.map(({ name }) => name) };
  } finally {
    await session[Symbol.asyncDispose]();
  }
}
