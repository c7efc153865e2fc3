import { InvalidOptionError } from '@lifeguard/core';

/**
 * What becomes of a query that is run with the instance inside a `managedTransaction()`, instead of with the transaction
 * that its callback is given:
 *
 * - `off`: it runs on a connection of its own, outside the transaction, and nothing is said.
 * - `warn`: the same, and `LG_STRAY_QUERY` is logged, once a minute for each pair of places.
 * - `error`: it rejects with {@link StrayQueryError} before a connection is taken.
 * - `join`: it runs on the transaction's connection as a part of it. A transaction becomes a savepoint.
 */
export type StrayQueryPolicy = 'off' | 'warn' | 'error' | 'join';

const POLICIES: ReadonlySet<unknown> = new Set(['off', 'warn', 'error', 'join']);

/** Throws `LG_INVALID_OPTION` for what is no policy. */
export function checkStrayPolicy(policy: StrayQueryPolicy | undefined): void {
  if (policy === undefined || POLICIES.has(policy)) return;
  throw new InvalidOptionError('strayQueries', "'off', 'warn', 'error' or 'join'", policy);
}
