import { LifeguardError } from '@lifeguard/core';
import type { TransactionLevel } from './transaction-level.ts';

/**
 * Throws `LG_COMMIT_ROLLED_BACK` when the server would roll back instead of committing: an error was caught inside, and no savepoint
 * was there to go back to. Prisma does not look at what COMMIT is answered with.
 */
export async function assertCommittable(level: TransactionLevel): Promise<void> {
  const { failure, record, tx } = level;
  if (failure === undefined && record.transaction !== 'failed') return;
  try {
    // A failed transaction refuses anything; one that went back to a savepoint does not.
    await tx.$executeRawUnsafe('select 1');
  } catch (error) {
    throw new LifeguardError('LG_COMMIT_ROLLED_BACK', {
      summary: 'the transaction was rolled back instead of committed; nothing of it was kept',
      rows: [
        ['likely', 'a statement failed, its error was caught, and the transaction went on'],
        ['fix', 'let the error through, or run what may fail in a nested $managedTransaction()'],
      ],
      cause: failure === undefined ? error : failure.error,
    });
  }
}
