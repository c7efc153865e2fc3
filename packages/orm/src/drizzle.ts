import type { TablesRelationalConfig } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT, PgTransaction } from 'drizzle-orm/pg-core';
import { makeManagedTransaction } from './make-managed-transaction.ts';
import { checkManagedOptions } from './managed-options.ts';
import type { ManagedTransactionOptions } from './managed-options.ts';
import { asManagedPool } from './managed-pool.ts';
import { openOwnBlock } from './own-block.ts';
import type { TransactionCallback } from './transaction-layer.ts';
import { transactionIsOver } from './transaction-level.ts';

export type { AccessMode, IsolationLevel, ManagedTransactionOptions } from './managed-options.ts';
export type { TransactionCallback } from './transaction-layer.ts';

/** What we use of a database of Drizzle's, and of a transaction, whichever schema it has. */
interface DrizzleHandle {
  readonly dialect: object;
  /** The client of a transaction is that of its connection; savepoints share the session. */
  readonly session: { client: unknown };
  /** Of transactions only. */
  readonly nestedIndex?: number;
  transaction(
    block: (tx: DrizzleHandle) => Promise<unknown>,
    settings?: Pick<ManagedTransactionOptions, 'isolationLevel' | 'accessMode'>,
  ): Promise<unknown>;
  execute(sql: string): PromiseLike<unknown>;
}

const CALL = 'managedTransaction()';

const run = makeManagedTransaction<DrizzleHandle, DrizzleHandle, ManagedTransactionOptions>({
  call: CALL,
  setUp: 'make it with drizzle({ client: pool })',
  rootOf: ({ dialect }) => dialect,
  poolOf: ({ session }) => asManagedPool(session.client),
  transactionOf: ({ nestedIndex, session }) => (nestedIndex === undefined ? undefined : session),
  transaction: begin,
  // That of its class, and not the one that it was given by `adopt`.
  savepoint: (tx, block) =>
    (Object.getPrototypeOf(tx) as DrizzleHandle).transaction.call(tx, (inner) => block(adopt(inner))),
  execute: (tx, sql) => tx.execute(sql),
  checkOptions: (options, outer) => checkManagedOptions(options, outer, CALL),
  causeOf: causeInDrizzle,
});

async function begin(
  db: DrizzleHandle,
  block: (tx: DrizzleHandle) => Promise<unknown>,
  { isolationLevel, accessMode }: ManagedTransactionOptions,
): Promise<unknown> {
  const guard = new ClientGuard();
  const begun = (tx: DrizzleHandle): Promise<unknown> => {
    tx.session.client = guard.of(tx.session.client as object);
    return block(adopt(tx));
  };
  try {
    return await db.transaction(begun, {
      ...(isolationLevel !== undefined && { isolationLevel }),
      ...(accessMode !== undefined && { accessMode }),
    });
  } finally {
    guard.isOver = true;
  }
}

/** Drizzle names a savepoint by how deep its handle is; so those inside of one that it begins by itself must be begun with that. */
function adopt(tx: DrizzleHandle): DrizzleHandle {
  const plain = tx.transaction.bind(tx);
  tx.transaction = (fn) =>
    plain(async (inner) => {
      const own = openOwnBlock(tx.dialect, adopt(inner));
      if (own === undefined) return fn(inner);
      try {
        return await own.run(() => fn(inner));
      } finally {
        own.end();
      }
    });
  return tx;
}

/** Keeps a transaction, and statements that it has prepared, from sending on a connection that may serve somebody else by then. */
class ClientGuard {
  isOver = false;

  of(client: object): object {
    return new Proxy(client, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name === 'query' && this.isOver) return () => Promise.reject(transactionIsOver());
        return value.bind(target) as unknown;
      },
    });
  }
}

/** Of a `DrizzleQueryError`, which is exported from different places in different versions. */
function causeInDrizzle(error: unknown): unknown {
  return error instanceof Error && 'query' in error && 'params' in error ? error.cause : undefined;
}

/**
 * Runs `fn` in a transaction with a deadline: commits when it resolves, rolls back when it rejects, and never leaves the connection
 * behind. What `fn` rejects with is what you get, whatever becomes of the rollback.
 *
 * At the deadline (`timeoutMs`) the running query is cancelled on the server, the connection is taken back, and the promise rejects
 * with `LG_SESSION_TIMEOUT`, whether or not `fn` ever returns. If the deadline passes while COMMIT is under way, its outcome is not
 * known.
 *
 * A call inside `fn`, with `tx` or with the same `db`, becomes a savepoint: its failure rolls back to there, and the transaction goes
 * on if you catch it. It has what is left of the time around it, or less. Calls side by side in one block run one after the other.
 *
 * Rejects with `LG_COMMIT_ROLLED_BACK` when an error was caught inside that the server does not forgive; with `LG_UNSUPPORTED` when
 * `db` was not made over a `LifeguardPool`, or in a plain `db.transaction()`; with the reason of an aborted `signal`; with what the
 * pool rejects with (`LG_ACQUIRE_TIMEOUT`, …).
 *
 * @example
 * const order = await managedTransaction(db, { timeoutMs: 5_000, name: 'create order' }, async (tx) => {
 *   const [order] = await tx.insert(orders).values({ customer }).returning();
 *   await tx.insert(lines).values(items.map((item) => ({ ...item, order: order.id })));
 *   return order;
 * });
 */
export function managedTransaction<
  Result extends PgQueryResultHKT,
  FullSchema extends Record<string, unknown>,
  Schema extends TablesRelationalConfig,
  T,
>(
  db: PgDatabase<Result, FullSchema, Schema>,
  fn: TransactionCallback<PgTransaction<Result, FullSchema, Schema>, T>,
): Promise<T>;
export function managedTransaction<
  Result extends PgQueryResultHKT,
  FullSchema extends Record<string, unknown>,
  Schema extends TablesRelationalConfig,
  T,
>(
  db: PgDatabase<Result, FullSchema, Schema>,
  options: ManagedTransactionOptions,
  fn: TransactionCallback<PgTransaction<Result, FullSchema, Schema>, T>,
): Promise<T>;
export function managedTransaction(...call: readonly unknown[]): Promise<unknown> {
  return run(...(call as Parameters<typeof run>));
}
