import { DEFAULT_SESSION_TIMEOUT_MS } from '@lifeguard/core';
import { poolBehind } from '@lifeguard/kysely';
import type { AnyInstance } from '@lifeguard/kysely';
import type { EntityManager } from '@mikro-orm/core';
import { makeManagedTransaction } from './make-managed-transaction.ts';
import { checkManagedOptions } from './managed-options.ts';
import type { ManagedTransactionOptions } from './managed-options.ts';
import type { ManagedPool, TransactionCallback } from './transaction-layer.ts';

export type { AccessMode, IsolationLevel, ManagedTransactionOptions } from './managed-options.ts';
export type { TransactionCallback } from './transaction-layer.ts';

/** What we use of an `EntityManager` of a driver for SQL. */
interface ManagerHandle {
  readonly config: object;
  fork(settings: { readonly useContext: true }): ManagerHandle;
  getConnection(type: 'write'): ConnectionHandle;
  /** Kysely's transaction; resolved as all of its methods are: inside a block, also the global one has that of the block. */
  getTransactionContext(): KyselyTransaction | undefined;
  transactional(
    block: (em: ManagerHandle) => Promise<unknown>,
    settings?: { readonly isolationLevel?: string; readonly readOnly?: boolean },
  ): Promise<unknown>;
}

interface KyselyTransaction {
  getExecutor(): {
    provideConnection(consumer: (connection: object) => Promise<object>): Promise<object>;
  };
}

interface ConnectionHandle {
  /** Of a driver for SQL. */
  getClient?(): AnyInstance<unknown> | object;
  execute(sql: string, values: readonly [], method: 'run', transaction: unknown): Promise<unknown>;
}

const CALL = 'managedTransaction()';

const run = makeManagedTransaction<ManagerHandle, ManagerHandle, ManagedTransactionOptions>({
  call: CALL,
  setUp: 'give it driverOptions: new LifeguardDialect({ pool })',
  rootOf: ({ config }) => config,
  poolOf,
  // A savepoint is a transaction of Kysely's own, on the same connection.
  transactionOf: (em) =>
    em
      .getTransactionContext()
      ?.getExecutor()
      .provideConnection((connection) => Promise.resolve(connection)),
  transaction: (em, block, { isolationLevel, accessMode }) => {
    const begun = async (fork: ManagerHandle): Promise<unknown> => {
      // MikroORM has a word for one of them only.
      if (accessMode === 'read write') await execute(fork, 'set transaction read write');
      return block(fork);
    };
    return em.transactional(begun, {
      ...(isolationLevel !== undefined && { isolationLevel }),
      ...(accessMode === 'read only' && { readOnly: true }),
    });
  },
  // By a fork that stands for the innermost transaction, which MikroORM may have begun by itself.
  savepoint: (em, block) => em.fork({ useContext: true }).transactional(block),
  execute,
  checkOptions: (options, outer) => checkManagedOptions(options, outer, CALL),
  // A `DriverException` is no wrapper: it has taken over what the driver's error had.
  causeOf: () => undefined,
});

function execute(em: ManagerHandle, sql: string): Promise<unknown> {
  return em.getConnection('write').execute(sql, [], 'run', em.getTransactionContext());
}

/** Our dialect makes its pool with the first query, if it was given options in place of one. */
function poolOf(em: ManagerHandle): ManagedPool | undefined {
  const kysely = em.getConnection('write').getClient?.();
  const pool = kysely !== undefined && 'getExecutor' in kysely ? poolBehind(kysely) : undefined;
  if (pool === undefined) return undefined;
  return {
    sessionTimeoutMs: pool.sessionTimeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS,
    cancelQuery: (record) => pool.cancelQuery(record),
  };
}

/**
 * Runs `fn` in a transaction with a deadline: commits when it resolves, rolls back when it rejects, and never leaves the connection
 * behind. What `fn` rejects with is what you get, whatever becomes of the rollback.
 *
 * At the deadline (`timeoutMs`) the running query is cancelled on the server, the connection is taken back, and the promise rejects
 * with `LG_SESSION_TIMEOUT`, whether or not `fn` ever returns. If the deadline passes while COMMIT is under way, its outcome is not
 * known.
 *
 * A call inside `fn`, with `em` or with the one that it was begun with, becomes a savepoint: its failure rolls back to there, and the transaction goes
 * on if you catch it. It has what is left of the time around it, or less. Calls side by side in one block run one after the other.
 *
 * As in `em.transactional()`, `em` is a fork, and its changes are flushed before the COMMIT.
 *
 * Rejects with `LG_COMMIT_ROLLED_BACK` when an error was caught inside that the server does not forgive; with `LG_UNSUPPORTED` when
 * MikroORM does not work on a `LifeguardDialect`, or in a transaction that it began by itself; with the reason of an aborted `signal`; with what the
 * pool rejects with (`LG_ACQUIRE_TIMEOUT`, …).
 *
 * @example
 * const order = await managedTransaction(orm.em, { timeoutMs: 5_000, name: 'create order' }, async (em) => {
 *   const order = em.create(Order, { customer });
 *   for (const item of items) em.create(Line, { ...item, order });
 *   return order;
 * });
 */
export function managedTransaction<Manager extends EntityManager, T>(
  em: Manager,
  fn: TransactionCallback<Manager, T>,
): Promise<T>;
export function managedTransaction<Manager extends EntityManager, T>(
  em: Manager,
  options: ManagedTransactionOptions,
  fn: TransactionCallback<Manager, T>,
): Promise<T>;
export function managedTransaction(...call: readonly unknown[]): Promise<unknown> {
  return run(...(call as Parameters<typeof run>));
}
