import { LifeguardError } from '@lifeguard/core';
import type { LeaseRecord } from '@lifeguard/core';
import type { TransactionLayer } from './transaction-layer.ts';
import type { TransactionLevel } from './transaction-level.ts';

/**
 * Throws `LG_COMMIT_ROLLED_BACK` when the server would roll back instead of committing, or refuse to release the savepoint: an error was
 * caught inside, and no savepoint was there to go back to. ORMs do not look at what COMMIT is answered with.
 */
export async function assertCommittable(level: TransactionLevel, layer: TransactionLayer): Promise<void> {
  const { record, tx } = level;
  if (!hasFailed(record)) {
    if (!record.queryRunning) return;
    // What runs still, since nobody has awaited it, may fail; this is answered after it.
    try {
      return void (await layer.execute(tx, 'select 1'));
    } catch (error) {
      if (!hasFailed(record)) throw error;
    }
  }
  throw rolledBack(level, layer.call);
}

function hasFailed(record: LeaseRecord): boolean {
  return record.transaction === 'failed';
}

function rolledBack({ failure, spoilt }: TransactionLevel, call: string): LifeguardError {
  return new LifeguardError('LG_COMMIT_ROLLED_BACK', {
    summary: 'the transaction was rolled back instead of committed; nothing of it was kept',
    rows: [
      ['likely', 'a statement failed, its error was caught, and the transaction went on'],
      ['fix', `let the error through, or run what may fail in a nested ${call}`],
    ],
    cause: (failure ?? spoilt.failure)?.error,
  });
}
