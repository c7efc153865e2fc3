import { isUndone } from './transaction-level.ts';
import type { TransactionLevel } from './transaction-level.ts';

/**
 * Rolls back to a savepoint of `level` and forgets it. Never rejects. Leaves it alone once a block around is undone itself.
 */
export async function undoSavepoint(level: TransactionLevel, name: string): Promise<void> {
  const { savepoints } = level;
  try {
    if (!isUndone(level)) await savepoints.rollbackTo(name);
    if (!isUndone(level)) await savepoints.release(name);
  } catch (failure) {
    savepoints.poison(failure);
  }
}
