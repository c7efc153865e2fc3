export { makeManagedTransaction } from './make-managed-transaction.ts';
export type { RunManaged } from './make-managed-transaction.ts';
export { checkManagedOptions } from './managed-options.ts';
export type { AccessMode, IsolationLevel, ManagedTransactionOptions } from './managed-options.ts';
export { asManagedPool } from './managed-pool.ts';
export { openOwnBlock } from './own-block.ts';
export type { OwnBlock } from './own-block.ts';
export { ownError, ownErrorIn } from './own-error.ts';
export type { CauseOf } from './own-error.ts';
export type {
  ManagedPool,
  TransactionCallback,
  TransactionLayer,
  TransactionOptions,
} from './transaction-layer.ts';
export { levelsHere, transactionIsOver } from './transaction-level.ts';
export type { BlockFailure, TransactionLevel } from './transaction-level.ts';
