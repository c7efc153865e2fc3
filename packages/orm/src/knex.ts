import type { Knex } from 'knex';
import { makeManagedTransaction } from './make-managed-transaction.ts';
import { checkManagedOptions } from './managed-options.ts';
import type { ManagedTransactionOptions } from './managed-options.ts';
import { asManagedPool } from './managed-pool.ts';
import { openOwnBlock } from './own-block.ts';
import type { TransactionCallback } from './transaction-layer.ts';

export type { AccessMode, IsolationLevel, ManagedTransactionOptions } from './managed-options.ts';
export type { TransactionCallback } from './transaction-layer.ts';

/** What we use of an instance of Knex, and of a transaction. */
interface KnexHandle {
  readonly client: { readonly config: { readonly connectionPool?: unknown } };
  transaction(block: (trx: KnexTransaction) => Promise<unknown>, settings?: KnexSettings): Promise<unknown>;
}

interface KnexTransaction extends KnexHandle {
  /** What the methods of the handle are of. */
  readonly context: { transaction: BeginPlain };
  /** Settles when the transaction has ended. */
  readonly executionPromise: Promise<unknown>;
  readonly isTransaction: true;
  readonly parentTransaction?: KnexTransaction;
  isCompleted(): boolean;
  raw(sql: string): PromiseLike<unknown>;
}

type BeginPlain = (container: unknown, settings?: unknown) => Promise<unknown>;

type KnexSettings = Pick<Knex.TransactionConfig, 'isolationLevel' | 'readOnly'>;

const CALL = 'managedTransaction()';

const run = makeManagedTransaction<KnexHandle, KnexTransaction, ManagedTransactionOptions>({
  call: CALL,
  setUp: "make it with knex({ client: 'pg', connectionPool: pool })",
  rootOf: ({ client }) => client.config,
  poolOf: ({ client }) => asManagedPool(client.config.connectionPool),
  transactionOf: (knex) => (isTransaction(knex) ? outermostOf(knex) : undefined),
  transaction: (knex, block, { isolationLevel, accessMode }) => {
    const begun = async (trx: KnexTransaction): Promise<unknown> => {
      // Knex goes on when BEGIN has failed; its own promise has rejected with the error by now.
      if (trx.isCompleted()) return undefined;
      // Knex has a word for one of them only.
      if (accessMode === 'read write') await trx.raw('set transaction read write');
      return block(adopt(trx));
    };
    return knex.transaction(begun, {
      ...(isolationLevel !== undefined && { isolationLevel }),
      ...(accessMode === 'read only' && { readOnly: true }),
    });
  },
  savepoint: (trx, block) =>
    // As with BEGIN.
    plainOf(trx)((inner: KnexTransaction) => (inner.isCompleted() ? undefined : block(adopt(inner)))),
  execute: (trx, sql) => trx.raw(sql),
  checkOptions: (options, outer) => checkManagedOptions(options, outer, CALL),
  // Knex hands on what the driver says.
  causeOf: () => undefined,
});

/** How a transaction begins savepoints of Knex's own, before it was adopted. */
const plain = new WeakMap<KnexTransaction, BeginPlain>();

/** In Knex a block waits for those beside it; so those inside of one that Knex begins by itself must be begun with that. */
function adopt(trx: KnexTransaction): KnexTransaction {
  const begin = plainOf(trx);
  plain.set(trx, begin);
  trx.context.transaction = (container, settings) => {
    if (typeof container !== 'function') return begin(container, settings);
    const fn = container as (inner: KnexTransaction) => unknown;
    return begin((inner: KnexTransaction) => {
      const own = openOwnBlock(trx.client.config, adopt(inner));
      if (own === undefined) return fn(inner);
      inner.executionPromise.then(own.end, own.end);
      return own.run(() => fn(inner));
    }, settings);
  };
  return trx;
}

function plainOf(trx: KnexTransaction): BeginPlain {
  return plain.get(trx) ?? trx.context.transaction.bind(trx.context);
}

function isTransaction(knex: KnexHandle): knex is KnexTransaction {
  return 'isTransaction' in knex && knex.isTransaction === true;
}

function outermostOf(trx: KnexTransaction): KnexTransaction {
  return trx.parentTransaction === undefined ? trx : outermostOf(trx.parentTransaction);
}

/**
 * Runs `fn` in a transaction with a deadline: commits when it resolves, rolls back when it rejects, and never leaves the connection
 * behind. What `fn` rejects with is what you get, whatever becomes of the rollback.
 *
 * At the deadline (`timeoutMs`) the running query is cancelled on the server, the connection is taken back, and the promise rejects
 * with `LG_SESSION_TIMEOUT`, whether or not `fn` ever returns. If the deadline passes while COMMIT is under way, its outcome is not
 * known.
 *
 * A call inside `fn`, with `trx` or with the same instance, becomes a savepoint: its failure rolls back to there, and the transaction goes
 * on if you catch it. It has what is left of the time around it, or less. Calls side by side in one block run one after the other.
 *
 * Do not call `trx.commit()` or `trx.rollback()`: the transaction ends with `fn`.
 *
 * Rejects with `LG_COMMIT_ROLLED_BACK` when an error was caught inside that the server does not forgive; with `LG_UNSUPPORTED` when
 * Knex was not given a `LifeguardPool` as its `connectionPool`, or in a plain `knex.transaction()`; with the reason of an aborted `signal`; with what the
 * pool rejects with (`LG_ACQUIRE_TIMEOUT`, …).
 *
 * @example
 * const order = await managedTransaction(knex, { timeoutMs: 5_000, name: 'create order' }, async (trx) => {
 *   const [order] = await trx('orders').insert({ customer }).returning('*');
 *   await trx('lines').insert(items.map((item) => ({ ...item, order: order.id })));
 *   return order;
 * });
 */
export function managedTransaction<Record extends object, Result, T>(
  knex: Knex<Record, Result>,
  fn: TransactionCallback<Knex.Transaction<Record>, T>,
): Promise<T>;
export function managedTransaction<Record extends object, Result, T>(
  knex: Knex<Record, Result>,
  options: ManagedTransactionOptions,
  fn: TransactionCallback<Knex.Transaction<Record>, T>,
): Promise<T>;
export function managedTransaction(...call: readonly unknown[]): Promise<unknown> {
  return run(...(call as Parameters<typeof run>));
}
