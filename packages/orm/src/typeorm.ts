import type { DataSource, EntityManager } from 'typeorm';
import { makeManagedTransaction } from './make-managed-transaction.ts';
import { checkManagedOptions } from './managed-options.ts';
import type { ManagedTransactionOptions } from './managed-options.ts';
import { asManagedPool } from './managed-pool.ts';
import type { TransactionCallback } from './transaction-layer.ts';

export type { AccessMode, IsolationLevel, ManagedTransactionOptions } from './managed-options.ts';
export type { TransactionCallback } from './transaction-layer.ts';

/** What we use of a `DataSource`. */
interface SourceHandle {
  readonly driver: { readonly master?: unknown };
  transaction: Transact;
}

/** What we use of an `EntityManager`. */
interface ManagerHandle {
  readonly dataSource: SourceHandle;
  /** Of one that is bound to a connection, as in a transaction. */
  readonly queryRunner?: { transactionDepth: number };
  transaction: Transact;
  query(sql: string): Promise<unknown>;
}

interface Transact {
  (block: (manager: ManagerHandle) => Promise<unknown>): Promise<unknown>;
  (isolation: string, block: (manager: ManagerHandle) => Promise<unknown>): Promise<unknown>;
}

const CALL = 'managedTransaction()';

const run = makeManagedTransaction<SourceHandle | ManagerHandle, ManagerHandle, ManagedTransactionOptions>({
  call: CALL,
  setUp: 'give the DataSource a driver whose Pool is yours (docs/data-layers/typeorm.md)',
  rootOf: sourceOf,
  poolOf: (handle) => asManagedPool(sourceOf(handle).driver.master),
  transactionOf: (handle) => ('queryRunner' in handle ? handle.queryRunner : undefined),
  transaction: (handle, block, { isolationLevel, accessMode }) => {
    const begun = async (manager: ManagerHandle): Promise<unknown> => {
      // TypeORM has no word for it.
      if (accessMode !== undefined) await manager.query(`set transaction ${accessMode}`);
      return atDepth(manager, 1, block);
    };
    if (isolationLevel === undefined) return handle.transaction(begun);
    return handle.transaction(isolationLevel.toUpperCase(), begun);
  },
  savepoint: (manager, block) => {
    const depth = (manager.queryRunner?.transactionDepth ?? 0) + 1;
    return manager.transaction((inner) => atDepth(inner, depth, block));
  },
  execute: (manager, sql) => manager.query(sql),
  checkOptions: (options, outer) => checkManagedOptions(options, outer, CALL),
  // TypeORM gives a connection back that dies, and knows nothing of it when the next query comes.
  isLoss: (error) =>
    error instanceof Error && /^QueryRunner(?:Provider)?AlreadyReleasedError$/.test(error.name),
  // Of a `QueryFailedError`.
  causeOf: (error) => (error instanceof Error && 'driverError' in error ? error.driverError : undefined),
});

/**
 * TypeORM counts how deep it is, and knows a savepoint by that. One inside that could not be gone back to, since all was undone at once,
 * would stay counted, and COMMIT be taken for the release of a savepoint.
 */
async function atDepth(
  manager: ManagerHandle,
  depth: number,
  block: (manager: ManagerHandle) => Promise<unknown>,
): Promise<unknown> {
  try {
    return await block(manager);
  } finally {
    const { queryRunner } = manager;
    if (queryRunner !== undefined)
      queryRunner.transactionDepth = Math.min(queryRunner.transactionDepth, depth);
  }
}

function sourceOf(handle: SourceHandle | ManagerHandle): SourceHandle {
  return 'dataSource' in handle ? handle.dataSource : handle;
}

/**
 * Runs `fn` in a transaction with a deadline: commits when it resolves, rolls back when it rejects, and never leaves the connection
 * behind. What `fn` rejects with is what you get, whatever becomes of the rollback.
 *
 * At the deadline (`timeoutMs`) the running query is cancelled on the server, the connection is taken back, and the promise rejects
 * with `LG_SESSION_TIMEOUT`, whether or not `fn` ever returns. If the deadline passes while COMMIT is under way, its outcome is not
 * known.
 *
 * A call inside `fn`, with `manager` or with the same `DataSource`, becomes a savepoint: its failure rolls back to there, and the transaction goes
 * on if you catch it. It has what is left of the time around it, or less. Calls side by side in one block run one after the other.
 *
 * Rejects with `LG_COMMIT_ROLLED_BACK` when an error was caught inside that the server does not forgive; with `LG_UNSUPPORTED` when
 * the `Pool` of the driver is not a `LifeguardPool`, or in a transaction that TypeORM began by itself; with the reason of an aborted `signal`; with what the
 * pool rejects with (`LG_ACQUIRE_TIMEOUT`, …).
 *
 * @example
 * const order = await managedTransaction(source, { timeoutMs: 5_000, name: 'create order' }, async (manager) => {
 *   const order = await manager.save(Order, { customer });
 *   await manager.insert(Line, items.map((item) => ({ ...item, order })));
 *   return order;
 * });
 */
export function managedTransaction<T>(
  source: DataSource | EntityManager,
  fn: TransactionCallback<EntityManager, T>,
): Promise<T>;
export function managedTransaction<T>(
  source: DataSource | EntityManager,
  options: ManagedTransactionOptions,
  fn: TransactionCallback<EntityManager, T>,
): Promise<T>;
export function managedTransaction(...call: readonly unknown[]): Promise<unknown> {
  return run(...(call as Parameters<typeof run>));
}
