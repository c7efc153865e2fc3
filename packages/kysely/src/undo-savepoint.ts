import type { TransactionLevel } from './transaction-level.ts';

/**
 * Rolls back to a savepoint of `level` and forgets it. Never rejects. Leaves it alone once the block around is being rolled
 * back itself: its savepoint takes this one with it, and a server fails the whole transaction that names one which is gone.
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

function isUndone({ state, session }: TransactionLevel): boolean {
  return state === 'over' || session?.signal.aborted === true;
}
