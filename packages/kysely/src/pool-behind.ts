import type { LeaseRecord } from '@lifeguard/core';
import type { AnyInstance } from './any-instance.ts';
import { guardOf } from './guard-registry.ts';

/** What adapters of other libraries on Kysely use of the pool beneath. */
export interface PoolBehind {
  /** Limit of managed sessions that name none; `undefined` for the default of the core. */
  readonly sessionTimeoutMs: number | undefined;
  /** Stops what the lease runs now; does nothing when nothing does. */
  cancelQuery(record: LeaseRecord): Promise<void>;
}

/** The pool behind an instance of any copy of Kysely; `undefined` where its dialect is not a `LifeguardDialect`. For adapters. */
export function poolBehind<DB>(db: AnyInstance<DB>): PoolBehind | undefined {
  const guard = guardOf(db);
  if (guard?.cancelQuery === undefined) return undefined;
  return {
    sessionTimeoutMs: guard.sessionTimeoutMs(),
    cancelQuery: async (record) => guard.cancelQuery?.(record),
  };
}
