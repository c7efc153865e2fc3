import { levelsHere } from '@lifeguard/orm';
import type { TransactionLevel } from '@lifeguard/orm';
import type { OperationTransaction } from './prisma-shapes.ts';

const outermosts = new WeakMap<OperationTransaction, TransactionLevel>();

/**
 * The level that an operation belongs to, also when it is over: the innermost around this code in the same transaction of Prisma's;
 * where the async context was lost, the outermost of the transaction, if it is known from an operation before.
 */
export function levelOf(transaction: OperationTransaction): TransactionLevel | undefined {
  for (const level of levelsHere()) {
    if (level.transaction !== transaction.id) continue;
    outermosts.set(transaction, outermostOf(level));
    return level;
  }
  return outermosts.get(transaction);
}

function outermostOf(level: TransactionLevel): TransactionLevel {
  return level.outer === undefined ? level : outermostOf(level.outer);
}
