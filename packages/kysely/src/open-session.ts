import type { Kysely } from 'kysely';
import { currentSession, LeaseReleasedError, Session } from '@lifeguard/core';
import { started } from '@lifeguard/core/adapter';
import type { SessionOptions } from '@lifeguard/core';
import type { AnyInstance } from './any-instance.ts';
import { copyInstance } from './copy-instance.ts';
import { hookExecutor } from './executor-hook.ts';
import type { ConnectionGate } from './executor-hook.ts';
import { withPoolsLimit } from './managed-options.ts';
import type { ManagedTransactionOptions } from './managed-options.ts';
import { managedTransaction } from './managed-transaction.ts';
import type { TransactionCallback } from './managed-transaction.ts';

/**
 * A session without a callback: for code whose unit of work is a block, a test, or the life of an object. Dispose of it:
 * an open session ends at its deadline only.
 */
export class OpenSession<DB> implements AsyncDisposable {
  /** The instance, bound to this session. It borrows connections one by one, as always. */
  readonly db: Kysely<DB>;
  readonly #session: Session;
  #disposed = false;
  #running = 0;

  /** Use {@link openSession}. */
  constructor(db: Kysely<DB>, session: Session) {
    this.#session = session;
    this.db = copyInstance<DB, Kysely<DB>>(db);
    hookExecutor(this.db.getExecutor(), this.#pass);
  }

  /** Aborts when the session is cut off: at its deadline, by the signal it was given, or when it is disposed of too early. */
  get signal(): AbortSignal {
    return this.#session.signal;
  }

  /** Milliseconds left. */
  get remainingMs(): number {
    return this.#session.remainingMs;
  }

  /** {@link managedTransaction} in this session. */
  transaction<T>(fn: TransactionCallback<DB, T>): Promise<T>;
  transaction<T>(options: ManagedTransactionOptions, fn: TransactionCallback<DB, T>): Promise<T>;
  transaction<T>(
    optionsOrFn: ManagedTransactionOptions | TransactionCallback<DB, T>,
    maybeFn?: TransactionCallback<DB, T>,
  ): Promise<T> {
    const options = typeof optionsOrFn === 'function' ? {} : optionsOrFn;
    const fn = (typeof optionsOrFn === 'function' ? optionsOrFn : maybeFn) as TransactionCallback<DB, T>;
    return this.run(() => managedTransaction(this.db, options, fn));
  }

  /** Runs `fn` inside the session: what it borrows elsewhere, by the original instance, belongs to the session too. */
  async run<T>(fn: () => Promise<T> | T): Promise<T> {
    this.#assertOpen();
    this.#running += 1;
    try {
      return await this.#session.run(() => started(fn));
    } finally {
      this.#running -= 1;
    }
  }

  /**
   * Ends the session. What is still running in it is cut off: transactions are rolled back and, with `LifeguardDialect`,
   * connections taken back. Never rejects; disposing twice does nothing.
   */
  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#disposed) {
      this.#disposed = true;
      if (this.#running > 0 || this.#session.openLeases > 0) this.#session.abort(sessionIsOver());
      else this.#session.end();
    }
    return Promise.resolve();
  }

  readonly #pass: ConnectionGate = (next, consumer) =>
    this.run(() =>
      next((connection) => {
        this.#assertOpen();
        return consumer(connection);
      }),
    );

  #assertOpen(): void {
    this.#session.signal.throwIfAborted();
    if (this.#disposed) throw sessionIsOver();
  }
}

/**
 * Opens a session that ends with the block. Its `db` borrows connections as always; they, and the transactions begun in
 * it, end with the session: at its deadline with `LG_SESSION_TIMEOUT`, or when the block is left.
 *
 * @example
 * await using session = await openSession(db, { timeoutMs: 5_000 });
 * const user = await session.db.selectFrom('user').selectAll().executeTakeFirstOrThrow();
 * await session.transaction(async (trx) => {
 *   await trx.updateTable('user').set({ seen: true }).where('id', '=', user.id).execute();
 * });
 */
export async function openSession<DB>(
  db: AnyInstance<DB>,
  options: SessionOptions = {},
): Promise<OpenSession<DB>> {
  const session = new Session(withPoolsLimit(db, options), currentSession());
  session.signal.throwIfAborted();
  return new OpenSession(db, session);
}

function sessionIsOver(): LeaseReleasedError {
  return new LeaseReleasedError({
    summary: 'the session has been disposed of',
    rows: [
      ['likely', 'a promise that was not awaited before the block of "await using" was left'],
      ['fix', 'await everything that runs in the session before it ends'],
    ],
  });
}
