import type { DatabaseConnection } from 'kysely';
import { holderOf } from './connection-holder.ts';
import { LeaseConnection } from './lease-connection.ts';

/** Stops what a connection runs now, where that can be done; elsewhere the query runs to its end. Never rejects. */
export async function stopRunning(connection: DatabaseConnection | undefined): Promise<void> {
  if (connection === undefined) return;
  if (!(connection instanceof LeaseConnection)) return holderOf(connection)?.stopRunning();
  try {
    await connection.cancelQuery();
  } catch {
    // The lease is over, and the query with it.
  }
}
