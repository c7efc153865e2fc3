import type { DatabaseConnection, Kysely } from 'kysely';
import type { LeaseRecord } from '@lifeguard/core';
import { holderOf } from './connection-holder.ts';
import { LeaseConnection } from './lease-connection.ts';

/** The lease behind a connection; `undefined` where the dialect is not guarded. */
export function recordOf(connection: DatabaseConnection): LeaseRecord | undefined {
  return connection instanceof LeaseConnection ? connection.lease.record : holderOf(connection)?.record;
}

/** The connection that an instance is bound to: a transaction, or what `connection()` gives. */
export function connectionOf<DB>(bound: Kysely<DB>): Promise<DatabaseConnection> {
  return bound.getExecutor().provideConnection((connection) => Promise.resolve(connection));
}
