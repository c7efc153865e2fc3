import type { Kysely } from 'kysely';
import { LifeguardError } from '@lifeguard/core';
import type { RetryOptions, SessionOptions } from '@lifeguard/core';
import { guardOf } from './guard-registry.ts';
import { checkStrayPolicy } from './stray-policy.ts';
import type { StrayQueryPolicy } from './stray-policy.ts';
import type { TransactionSettings } from './transaction-settings.ts';

/** How a managed transaction is run. */
export interface ManagedTransactionOptions extends SessionOptions, TransactionSettings {
  /**
   * Milliseconds that the whole may take: waiting for a connection, all tries, and the commit.
   * @default the pool's `sessionTimeoutMs`, or 300000; nested, what is left of the block around it
   */
  readonly timeoutMs?: number;
  /**
   * Runs the callback again after a serialization failure (40001) or a deadlock (40P01). It must then be free of effects
   * outside the database. A nested block is not retried: the server has rolled back the whole transaction, so it is the
   * outermost that starts again.
   * @default no retry
   */
  readonly retry?: RetryOptions;
  /**
   * What becomes of queries that are run with the instance inside the callback. `error` and `join` need a guarded dialect.
   * @default that of the block around it, or the dialect's
   */
  readonly strayQueries?: StrayQueryPolicy;
}

/** How a managed session is run. */
export interface ManagedSessionOptions extends SessionOptions {
  /** @default the pool's `sessionTimeoutMs`, or 300000 */
  readonly timeoutMs?: number;
  /**
   * Whether all queries of the session run on one connection, held until the end.
   * @default false — holding one while other work is awaited is what exhausts pools.
   */
  readonly pinned?: boolean;
}

/** Options, with the limit of the pool behind `db` where none is named. */
export function withPoolsLimit<DB>(db: Kysely<DB>, options: SessionOptions): SessionOptions {
  const timeoutMs = options.timeoutMs ?? guardOf(db)?.sessionTimeoutMs();
  return timeoutMs === undefined ? options : { ...options, timeoutMs };
}

/** Throws `LG_INVALID_OPTION`; `LG_UNSUPPORTED` where nobody would see the queries that the option is about. */
export function checkStrayOption<DB>(db: Kysely<DB>, policy: StrayQueryPolicy | undefined): void {
  checkStrayPolicy(policy);
  if ((policy !== 'error' && policy !== 'join') || guardOf(db) !== undefined) return;
  throw new LifeguardError('LG_UNSUPPORTED', {
    summary: `strayQueries: '${policy}' needs a guarded dialect`,
    rows: [['fix', 'make the instance with LifeguardDialect, or wrap its dialect in guardDialect()']],
  });
}
