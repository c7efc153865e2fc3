import {
  LifeguardError,
  checkRetry,
  currentSession,
  pause,
  pauseBefore,
  started,
  systemClock,
  untilOver,
  untimed,
  whileHolding,
} from '@lifeguard/core';
import type { RetryOptions, Session } from '@lifeguard/core';
import type { LifeguardPool } from '@lifeguard/pg';
import { assertCommittable } from './assert-committable.ts';
import type { TransactionCallback } from './extension-types.ts';
import type { ManagedTransactionOptions } from './managed-options.ts';
import { runNested } from './nested-transaction.ts';
import { ownErrorIn } from './own-error.ts';
import { isTransactionClient } from './prisma-shapes.ts';
import type { PrismaClientShape, PrismaTransactionOptions } from './prisma-shapes.ts';
import { isRetryableInPrisma } from './retryable.ts';
import { TransactionSession, findLevel, isPartOf, openLevel } from './transaction-level.ts';

/** Our limit comes first; Prisma's are only there because it must have some. */
const LATER_MS = 1_000;
/** The longest that a timer of Node can be set to. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** `$managedTransaction` of a client. */
export async function runManaged<T>(
  client: PrismaClientShape,
  pool: LifeguardPool,
  options: ManagedTransactionOptions,
  fn: TransactionCallback<PrismaClientShape, T>,
): Promise<T> {
  const retry = checkRetry(options.retry);
  const level = findLevel(pool);
  if (isTransactionClient(client) && (level === undefined || !isPartOf(level, client))) throw notOurs();
  if (level !== undefined) return runNested(level, client, options, fn);
  return new OutermostTransaction(client, pool, options, retry, fn).run();
}

/** One call that begins a transaction of its own, with all its tries. */
class OutermostTransaction<T> {
  readonly #client: PrismaClientShape;
  readonly #pool: LifeguardPool;
  readonly #options: ManagedTransactionOptions;
  readonly #retry: RetryOptions;
  readonly #fn: TransactionCallback<PrismaClientShape, T>;
  /** What failed while there was time: stands also when the deadline passes during the rollback. */
  #failure: { readonly error: unknown } | undefined;

  constructor(
    client: PrismaClientShape,
    pool: LifeguardPool,
    options: ManagedTransactionOptions,
    retry: RetryOptions,
    fn: TransactionCallback<PrismaClientShape, T>,
  ) {
    this.#client = client;
    this.#pool = pool;
    this.#options = options;
    this.#retry = retry;
    this.#fn = fn;
  }

  async run(): Promise<T> {
    const { timeoutMs = this.#pool.sessionTimeoutMs } = this.#options;
    const session = new TransactionSession({ ...this.#options, timeoutMs }, currentSession());
    try {
      return await untilOver(session, () => this.#tryUntilDone(session));
    } catch (error) {
      throw this.#failure === undefined ? error : this.#failure.error;
    } finally {
      session.end();
    }
  }

  async #tryUntilDone(session: TransactionSession): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await (tries === 1 ? this.#tryOnce(session, session) : this.#tryAgain(session));
      } catch (error) {
        if (tries > this.#retry.limit || !isRetryableInPrisma(error) || session.signal.aborted) throw error;
        this.#failure = undefined;
        const delayMs = pauseBefore(tries, this.#retry, Math.random());
        await untilOver(session, () => pause(this.#options.clock ?? systemClock, delayMs));
      }
    }
  }

  /** In a session of its own: what is left of the tries before must not find this transaction, and run in it. */
  async #tryAgain(session: TransactionSession): Promise<T> {
    const clock = untimed(this.#options.clock ?? systemClock);
    const { tags } = session;
    const own = new TransactionSession(
      { name: () => session.name, tags, clock, timeoutMs: Infinity },
      session,
    );
    // To the callback, which may abort it, it is the session.
    own.signal.addEventListener('abort', () => session.abort(own.signal.reason), { once: true });
    try {
      return await this.#tryOnce(session, own);
    } finally {
      own.end();
    }
  }

  async #tryOnce(session: Session, own: TransactionSession): Promise<T> {
    const limits = this.#prismasLimits(session);
    /** While it is Prisma's turn, all errors are Prisma's. */
    let isInBlock = false;
    const block = async (tx: PrismaClientShape): Promise<T> => {
      isInBlock = true;
      const result = await this.#runBlock(tx, own);
      isInBlock = false;
      return result;
    };
    try {
      return await own.run(() => started(() => this.#client.$transaction(block, limits)));
    } catch (error) {
      const ours = isInBlock ? error : ownErrorIn(own.record, error);
      if (!session.signal.aborted) this.#failure ??= { error: ours };
      throw ours;
    }
  }

  /** The callback between BEGIN and COMMIT, both of which are Prisma's. */
  async #runBlock(tx: PrismaClientShape, own: TransactionSession): Promise<T> {
    const { record } = own;
    if (record === undefined) throw notFromPool(this.#pool);
    const { isolationLevel } = this.#options;
    const parts = { pool: this.#pool, tx, record, session: own, isolationLevel, outer: undefined };
    const level = openLevel(parts);
    let leave: (() => void) | undefined;
    try {
      const result = await untilOver(own, () => whileHolding(record, () => this.#fn(tx, own)));
      level.state = 'ending';
      // A nested block that nobody awaited must not be cut in two by the commit.
      leave = await level.children.enter();
      own.signal.throwIfAborted();
      await assertCommittable(level);
      return result;
    } finally {
      level.state = 'over';
      leave?.();
    }
  }

  #prismasLimits(session: Session): PrismaTransactionOptions {
    const { isolationLevel } = this.#options;
    const limitMs = Math.min(Math.ceil(session.remainingMs) + LATER_MS, MAX_TIMER_MS);
    const limits = { maxWait: limitMs, timeout: limitMs };
    return isolationLevel === undefined ? limits : { ...limits, isolationLevel };
  }
}

function notOurs(): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary: '$managedTransaction() was called in a transaction that it did not begin',
    rows: [
      ['likely', 'the client of a plain $transaction(), or one that was used outside of its callback'],
      ['fix', 'begin the outermost transaction with $managedTransaction()'],
    ],
  });
}

function notFromPool(pool: LifeguardPool): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary: `the client has begun a transaction without a connection of pool "${pool.name}"`,
    rows: [
      ['likely', 'the adapter has another copy of pg, and has taken the pool for connection options'],
      ['fix', 'make the adapter with lifeguardAdapter(pool), and the extension with the same pool'],
    ],
  });
}
