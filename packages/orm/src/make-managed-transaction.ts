import { checkRetry } from '@lifeguard/core/adapter';
import { runNested } from './nested-transaction.ts';
import { OutermostTransaction } from './outermost-transaction.ts';
import { ignoreOwnFrames } from './own-frames.ts';
import type { TransactionCallback, TransactionLayer, TransactionOptions } from './transaction-layer.ts';
import { findLevel, givenTransaction } from './transaction-level.ts';
import { notOurPool, notOurs } from './unsupported.ts';

ignoreOwnFrames();

/** A managed transaction of some ORM, called with options or without. */
export type RunManaged<Handle, Tx, Options> = <T>(
  handle: Handle,
  optionsOrFn: Options | TransactionCallback<Tx, T>,
  fn?: TransactionCallback<Tx, T>,
) => Promise<T>;

/**
 * Makes the managed transaction of an ORM that has transactions with a callback, over a `LifeguardPool`. What the ORM does stays the
 * ORM's: BEGIN, savepoints, COMMIT and ROLLBACK. What is added is the session around them, with its deadline; further tries; and that
 * a block whose time is over, or whose transaction has failed, is not committed.
 *
 * @example
 * const managedTransaction = makeManagedTransaction<Db, Tx, TransactionOptions>({
 *   call: 'managedTransaction()',
 *   setUp: 'pass the pool to new Db(pool)',
 *   rootOf: (handle) => handle.settings,
 *   poolOf: (handle) => asManagedPool(handle.pool),
 *   transactionOf: (handle) => handle.connection,
 *   transaction: (handle, block) => handle.transaction(block),
 *   savepoint: (tx, block) => tx.transaction(block),
 *   execute: (tx, sql) => tx.run(sql),
 *   checkOptions: () => undefined,
 *   causeOf: (error) => (error instanceof QueryError ? error.cause : undefined),
 * });
 */
export function makeManagedTransaction<
  Handle extends object,
  Tx extends Handle,
  Options extends TransactionOptions,
>(layer: TransactionLayer<Handle, Tx, Options>): RunManaged<Handle, Tx, Options> {
  return async <T>(
    handle: Handle,
    optionsOrFn: Options | TransactionCallback<Tx, T>,
    maybeFn?: TransactionCallback<Tx, T>,
  ): Promise<T> => {
    const options = (typeof optionsOrFn === 'function' ? {} : optionsOrFn) as Options;
    const retry = checkRetry(options.retry);
    const level = findLevel(layer.rootOf(handle));
    const found = givenTransaction(handle) ?? layer.transactionOf(handle);
    // Without a turn in between where there need not be one: the stack is the caller's.
    const transaction = found instanceof Promise ? ((await found) as unknown) : found;
    if (transaction !== undefined && level?.transaction !== transaction) throw notOurs(layer);
    layer.checkOptions(options, level?.options as Options | undefined);
    const fn = (typeof optionsOrFn === 'function' ? optionsOrFn : maybeFn) as TransactionCallback<object, T>;
    const call = { layer, handle, isInside: transaction !== undefined, options, fn };
    if (level !== undefined) return runNested(call, level);
    const pool = layer.poolOf(handle);
    if (pool === undefined) throw notOurPool(layer);
    return new OutermostTransaction(call, pool, retry).run();
  };
}
