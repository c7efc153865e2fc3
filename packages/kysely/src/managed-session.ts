import type { Kysely } from 'kysely';
import { runSession } from '@lifeguard/core';
import { whileHolding } from '@lifeguard/core/adapter';
import type { Session } from '@lifeguard/core';
import type { AnyInstance } from './any-instance.ts';
import { withPoolsLimit } from './managed-options.ts';
import type { ManagedSessionOptions } from './managed-options.ts';
import { connectionOf, recordOf } from './record-of.ts';

/** What runs inside a managed session. */
export type SessionCallback<DB, T> = (db: Kysely<DB>, session: Session) => Promise<T> | T;

/**
 * Runs `fn` as a unit of work with a deadline. Queries borrow connections one by one, as always; all that is borrowed
 * inside, in whichever function, belongs to the session and ends with its deadline. With `pinned: true`, `fn` gets an
 * instance bound to one connection instead (for temporary tables, `set`, advisory locks); do not destroy it: that would end
 * the whole pool.
 *
 * At the deadline the promise rejects with `LG_SESSION_TIMEOUT`, whether or not `fn` ever returns; with `LifeguardDialect`
 * running queries are cancelled and connections taken back, with another dialect only where `cancel` says so. A connection that is still
 * held when `fn` has returned in time (a stream that nobody finishes) is not taken back, but reported as a leak;
 * {@link openSession} takes it back. Rejects with what `fn` rejects with, or with the reason of an aborted `signal`.
 *
 * @example
 * const report = await managedSession(db, { timeoutMs: 10_000, name: 'daily report' }, async (db) => {
 *   const orders = await db.selectFrom('order').selectAll().execute();
 *   return summarize(orders, await fetchRates());
 * });
 */
export function managedSession<DB, T>(db: AnyInstance<DB>, fn: SessionCallback<DB, T>): Promise<T>;
export function managedSession<DB, T>(
  db: AnyInstance<DB>,
  options: ManagedSessionOptions,
  fn: SessionCallback<DB, T>,
): Promise<T>;
export async function managedSession<DB, T>(
  db: AnyInstance<DB>,
  optionsOrFn: ManagedSessionOptions | SessionCallback<DB, T>,
  maybeFn?: SessionCallback<DB, T>,
): Promise<T> {
  const options = typeof optionsOrFn === 'function' ? {} : optionsOrFn;
  const fn = (typeof optionsOrFn === 'function' ? optionsOrFn : maybeFn) as SessionCallback<DB, T>;
  return runSession(withPoolsLimit(db, options), async (session) => {
    // A transaction is bound to one connection already.
    if (options.pinned !== true || db.isTransaction) return fn(db, session);
    return db.connection().execute(async (bound) => {
      const record = recordOf(await connectionOf(bound));
      const work = (): Promise<T> | T => fn(bound, session);
      return record === undefined ? work() : whileHolding(record, work);
    });
  });
}
