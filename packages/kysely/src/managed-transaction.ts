import type { Kysely, Transaction } from 'kysely';
import { Session, runSession, systemClock } from '@lifeguard/core';
import {
  checkRetry,
  isRetryable,
  pause,
  pauseBefore,
  untilOver,
  untimed,
  whileHolding,
} from '@lifeguard/core/adapter';
import type { RetryOptions } from '@lifeguard/core';
import type { AnyInstance } from './any-instance.ts';
import { checkStrayOption, withPoolsLimit } from './managed-options.ts';
import type { ManagedTransactionOptions } from './managed-options.ts';
import { runNested } from './nested-transaction.ts';
import { OwnTransaction } from './own-transaction.ts';
import { ignoreOwnFrames } from './own-frames.ts';
import { findLevel, openLevel } from './transaction-level.ts';

ignoreOwnFrames();

/** What runs inside a managed transaction. */
export type TransactionCallback<DB, T> = (trx: Transaction<DB>, session: Session) => Promise<T> | T;

/**
 * Runs `fn` in a transaction with a deadline: commits when it resolves, rolls back when it rejects, and never leaves the
 * connection behind. What `fn` rejects with is what you get, whatever becomes of the rollback.
 *
 * At the deadline (`timeoutMs`) the promise rejects with `LG_SESSION_TIMEOUT`, whether or not `fn` ever returns. With
 * `LifeguardDialect` the running query is cancelled and the connection taken back at that moment; with another dialect the
 * transaction is rolled back as soon as the connection answers. If the deadline passes while COMMIT is under way, its
 * outcome is not known.
 *
 * A call inside `fn`, with `trx` or with the same instance, joins as a savepoint: its failure rolls back to there, and the
 * transaction goes on if you catch it. It has what is left of the time around it, or less. Calls side by side in one block
 * run one after the other. Queries that the block itself sends meanwhile fall into whichever savepoint is open.
 * Queries with the instance itself are not part of the transaction, and warned of: see `strayQueries`.
 * A stream must have been read to its end, or closed, when `fn` returns: until then there is no commit, only the deadline.
 *
 * Rejects with `LG_COMMIT_ROLLED_BACK` when the server rolls back instead of committing; with the reason of an aborted
 * `signal`; with what the pool rejects with (`LG_ACQUIRE_TIMEOUT`, …). A query that comes after its block has ended
 * rejects and is not sent.
 *
 * @example
 * const order = await managedTransaction(db, { timeoutMs: 5_000, name: 'create order' }, async (trx) => {
 *   const order = await trx.insertInto('order').values({ customer }).returning('id').executeTakeFirstOrThrow();
 *   await trx.insertInto('line').values(lines.map((line) => ({ ...line, order: order.id }))).execute();
 *   return order;
 * });
 */
export function managedTransaction<DB, T>(db: AnyInstance<DB>, fn: TransactionCallback<DB, T>): Promise<T>;
export function managedTransaction<DB, T>(
  db: AnyInstance<DB>,
  options: ManagedTransactionOptions,
  fn: TransactionCallback<DB, T>,
): Promise<T>;
export async function managedTransaction<DB, T>(
  db: AnyInstance<DB>,
  optionsOrFn: ManagedTransactionOptions | TransactionCallback<DB, T>,
  maybeFn?: TransactionCallback<DB, T>,
): Promise<T> {
  const options = typeof optionsOrFn === 'function' ? {} : optionsOrFn;
  const fn = (typeof optionsOrFn === 'function' ? optionsOrFn : maybeFn) as TransactionCallback<DB, T>;
  const retry = checkRetry(options.retry);
  checkStrayOption(db, options.strayQueries);
  const found = findLevel(db);
  const level = found instanceof Promise ? await found : found;
  if (level !== undefined) return runNested(level, db, options, fn);
  return new OutermostTransaction(db, options, retry, fn).run();
}

/** One call that begins a transaction of its own, with all its tries. */
class OutermostTransaction<DB, T> {
  readonly #db: Kysely<DB>;
  readonly #options: ManagedTransactionOptions;
  readonly #retry: RetryOptions;
  readonly #fn: TransactionCallback<DB, T>;
  /** What failed while there was time: stands also when the deadline passes during the rollback. */
  #failure: { readonly error: unknown } | undefined;

  constructor(
    db: Kysely<DB>,
    options: ManagedTransactionOptions,
    retry: RetryOptions,
    fn: TransactionCallback<DB, T>,
  ) {
    this.#db = db;
    this.#options = options;
    this.#retry = retry;
    this.#fn = fn;
  }

  async run(): Promise<T> {
    try {
      const options = withPoolsLimit(this.#db, this.#options);
      return await runSession(options, (session) => this.#tryUntilDone(session));
    } catch (error) {
      throw this.#failure === undefined ? error : this.#failure.error;
    }
  }

  async #tryUntilDone(session: Session): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await (tries === 1 ? this.#tryOnce(session, session) : this.#tryAgain(session));
      } catch (error) {
        if (tries > this.#retry.limit || !isRetryable(error) || session.signal.aborted) throw error;
        this.#failure = undefined;
        const delayMs = pauseBefore(tries, this.#retry, Math.random());
        await untilOver(session, () => pause(this.#options.clock ?? systemClock, delayMs));
      }
    }
  }

  /** In a session of its own: what is left of the tries before must not find this transaction, and run in it. */
  async #tryAgain(session: Session): Promise<T> {
    const clock = untimed(this.#options.clock ?? systemClock);
    const { tags } = session;
    const own = new Session({ name: () => session.name, tags, clock, timeoutMs: Infinity }, session);
    // To the callback, which may abort it, it is the session.
    own.signal.addEventListener('abort', () => session.abort(own.signal.reason), { once: true });
    try {
      return await this.#tryOnce(session, own);
    } finally {
      own.end();
    }
  }

  async #tryOnce(session: Session, own: Session): Promise<T> {
    const transaction = await OwnTransaction.begin(this.#db, this.#options, session);
    const { trx, gate, savepoints, record } = transaction;
    const work = (): Promise<T> | T => own.run(() => this.#fn(trx, own));
    const { strayQueries } = this.#options;
    const level = openLevel(trx, {
      session: own,
      gate,
      savepoints,
      settings: this.#options,
      strayQueries,
      depth: 0,
    });
    let leave: (() => void) | undefined;
    try {
      const result = await (record === undefined ? work() : whileHolding(record, work));
      level.state = 'ending';
      // A nested block that nobody awaited must not be cut in two by the commit.
      leave = await level.children.enter();
      session.signal.throwIfAborted();
      await transaction.commit();
      return result;
    } catch (error) {
      if (!session.signal.aborted) this.#failure = { error };
      await transaction.rollback();
      throw error;
    } finally {
      level.state = 'over';
      leave?.();
    }
  }
}
