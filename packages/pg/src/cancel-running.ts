import type { LeaseRecord, Pool } from '@lifeguard/core';
import { CANCEL_LIMIT_MS } from './client-lease.ts';
import type { PgConnection } from './pg-connection.ts';

/** Has the server stop what the lease runs, whoever has it in hands. Where that is in doubt, the connection is taken back. */
export async function cancelRunning(pool: Pool<PgConnection>, record: LeaseRecord): Promise<void> {
  const connection = pool.connectionOf(record);
  if (connection?.busy !== true) return;
  const outcome = await connection.cancel(pool.options.clock, CANCEL_LIMIT_MS);
  if (outcome === 'unknown') record.owner.revoke(record, 'session-aborted', undefined);
}
