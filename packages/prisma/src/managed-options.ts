import { LifeguardError } from '@lifeguard/core';
import type { RetryOptions } from '@lifeguard/core';
import type { TransactionOptions } from '@lifeguard/orm';

/** As Prisma calls them. */
export type IsolationLevel = 'ReadUncommitted' | 'ReadCommitted' | 'RepeatableRead' | 'Serializable';

/** How a managed transaction is run. */
export interface ManagedTransactionOptions extends TransactionOptions {
  /**
   * Milliseconds that the whole may take: waiting for a connection, all tries, and the commit. It is in place of Prisma's `maxWait`
   * and `timeout`.
   * @default the pool's `sessionTimeoutMs`, or 300000; nested, what is left of the block around it
   */
  readonly timeoutMs?: number;
  /** @default the server's */
  readonly isolationLevel?: IsolationLevel;
  /**
   * Runs the callback again after a serialization failure (40001) or a deadlock (40P01), which Prisma calls P2034. It must then be
   * free of effects outside the database. A nested block is not retried: it is the outermost that starts again.
   * @default no retry
   */
  readonly retry?: RetryOptions;
}

const STRENGTH: Readonly<Record<IsolationLevel, number>> = {
  ReadUncommitted: 0,
  ReadCommitted: 1,
  RepeatableRead: 2,
  Serializable: 3,
};

/** Throws `LG_UNSUPPORTED` when a nested block asks for a stronger level than the transaction around it has. */
export function checkNestedLevel(
  asked: IsolationLevel | undefined,
  given: IsolationLevel = 'ReadCommitted',
): void {
  if (asked === undefined || STRENGTH[asked] <= STRENGTH[given]) return;
  throw new LifeguardError('LG_UNSUPPORTED', {
    summary: `a nested transaction asks for isolation level "${asked}" within "${given}"`,
    rows: [['fix', 'name the level in the outermost $managedTransaction(); a savepoint cannot change it']],
  });
}
