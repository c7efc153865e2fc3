import type { RetryOptions, Session, SessionOptions } from '@lifeguard/core';
import type { LifeguardPool } from '@lifeguard/pg';

/** What is used of the pool behind an ORM; a `LifeguardPool` is one. */
export type ManagedPool = Pick<LifeguardPool, 'sessionTimeoutMs' | 'cancelQuery'>;

/** How any managed transaction is run. A layer adds what its ORM can do besides. */
export interface TransactionOptions extends SessionOptions {
  /**
   * Milliseconds that the whole may take: waiting for a connection, all tries, and the commit.
   * @default the pool's `sessionTimeoutMs`, or 300000; nested, what is left of the block around it
   */
  readonly timeoutMs?: number;
  /**
   * Runs the callback again after a serialization failure (40001) or a deadlock (40P01). It must then be free of effects outside
   * the database. A nested block is not retried: it is the outermost that starts again.
   * @default no retry
   */
  readonly retry?: RetryOptions;
}

/** What runs inside a managed transaction. */
export type TransactionCallback<Tx, T> = (tx: Tx, session: Session) => Promise<T> | T;

/**
 * What must be known of an ORM whose transactions run a callback. `Handle` is whatever of the ORM a transaction can be begun with: an
 * instance, or a transaction; `Tx` what its own callbacks get.
 */
export interface TransactionLayer<
  Handle extends object = object,
  Tx extends Handle = Handle,
  Options extends TransactionOptions = TransactionOptions,
> {
  /** Of the function that this becomes, as applications call it: `managedTransaction()`. For errors. */
  readonly call: string;

  /** What one does so that the ORM borrows from a `LifeguardPool`: the fix that is told where it does not. */
  readonly setUp: string;

  /** One object for an instance and all that is derived from it, transactions included: calls inside its blocks nest. */
  rootOf(handle: Handle): object;

  /** The pool that it borrows from; `undefined` where that is not a `LifeguardPool`. */
  poolOf(handle: Handle): ManagedPool | undefined;

  /**
   * What is the same for a transaction and all savepoints in it, or a promise of it; `undefined` for a handle that begins transactions
   * of its own.
   */
  transactionOf(handle: Handle): unknown;

  /**
   * Has the ORM begin a transaction, run the block in it, and commit or roll back as the block ends. It is called inside the session
   * that the connection is to belong to. A block that must not be run, since BEGIN has failed, is not.
   */
  transaction<T>(
    handle: Handle,
    block: (tx: Tx) => Promise<T>,
    options: Options,
    session: Session,
  ): PromiseLike<unknown>;

  /** The same with a savepoint inside a transaction, or inside a savepoint. */
  savepoint<T>(tx: Tx, block: (tx: Tx) => Promise<T>): PromiseLike<unknown>;

  /** Runs a statement without a result in the transaction. */
  execute(tx: Tx, sql: string): PromiseLike<unknown>;

  /**
   * Throws for options that cannot be fulfilled; nested, for those that the transaction around, begun with `outer`, does not fulfil.
   */
  checkOptions(options: Options, outer: Options | undefined): void;

  /** What an error of the ORM was made of: an error of the driver, or of ours. `undefined` for any other error. */
  causeOf(error: unknown): unknown;

  /**
   * Whether an error of the ORM says no more than that its connection has gone. It is then replaced by ours, which says why.
   * @default none does
   */
  isLoss?(error: unknown): boolean;

  /** @default by the SQLSTATE of the error, or of one below it */
  isRetryable?(error: unknown): boolean;
}
