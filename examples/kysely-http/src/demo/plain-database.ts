// For the demo's comparison. Delete this folder when you copy the template.

import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { LifeguardPoolOptions } from '@lifeguard/pg';
import type { Database, Tables } from '../database.ts';

/** What most services have today: a `pg.Pool` of the same size, with the same patience. */
export function openPlainDatabase(options: LifeguardPoolOptions): Database {
  const { connectionString, size = 10, maxOverflow = 0, acquireTimeoutMs = 0 } = options;
  const max = size + maxOverflow;
  const pool = new pg.Pool({ connectionString, max, connectionTimeoutMillis: acquireTimeoutMs });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { db, pool: withOurMethods(pool, max) };
}

/** Adds the two methods that the service asks of its pool, and nothing else. */
function withOurMethods(pool: pg.Pool, max: number): Database['pool'] {
  const snapshot = () => ({
    state: pool.ending ? 'closing' : 'open',
    used: pool.totalCount - pool.idleCount,
    idle: pool.idleCount,
    pending: pool.waitingCount,
    max,
  });
  const close = () => Promise.resolve({ draining: 0, revoked: 0, lost: 0 });
  return Object.assign(pool, { snapshot, close }) as unknown as Database['pool'];
}
