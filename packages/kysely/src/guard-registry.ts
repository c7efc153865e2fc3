import type { DialectAdapter, Kysely } from 'kysely';
import type { LeaseRecord } from '@lifeguard/core';

/** What a guarded dialect says of itself. */
export interface Guard {
  /** Whether a session's end takes its connections back. */
  readonly revokes: boolean;
  /** Limit of managed sessions that name none; `undefined` for the default of the core. */
  sessionTimeoutMs(): number | undefined;
  /** Stops what a lease of the pool beneath runs now; absent where there is no pool of ours. */
  cancelQuery?(record: LeaseRecord): Promise<void>;
}

/**
 * By adapter: every Kysely makes one from its dialect, and all that is derived from it (schemas, plugins, transactions)
 * keeps it. It is the one thing that an instance tells of where it comes from.
 */
const guards = new WeakMap<DialectAdapter, Guard>();

export function registerGuard(adapter: DialectAdapter, guard: Guard): void {
  guards.set(adapter, guard);
}

/** The guard of the dialect behind `db`; `undefined` for a dialect that is not ours. */
export function guardOf<DB>(db: Kysely<DB>): Guard | undefined {
  return guards.get(rootOf(db));
}

/** The same object for an instance and all that is derived from it, transactions included. */
export function rootOf<DB>(db: Kysely<DB>): DialectAdapter {
  return db.getExecutor().adapter;
}
