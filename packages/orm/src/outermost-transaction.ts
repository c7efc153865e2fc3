import { currentSession, systemClock } from '@lifeguard/core';
import {
  isRetryable,
  pause,
  pauseBefore,
  started,
  untilOver,
  untimed,
  whileHolding,
} from '@lifeguard/core/adapter';
import type { RetryOptions, Session } from '@lifeguard/core';
import { assertCommittable } from './assert-committable.ts';
import type { ManagedCall } from './managed-call.ts';
import { errorsIn, ownErrorIn } from './own-error.ts';
import { runInLayer } from './run-in-layer.ts';
import type { ManagedPool } from './transaction-layer.ts';
import { openLevel } from './transaction-level.ts';
import type { BlockFailure } from './transaction-level.ts';
import { TransactionSession } from './transaction-session.ts';
import { notFromPool } from './unsupported.ts';

/** One call that begins a transaction of its own, with all its tries. */
export class OutermostTransaction<T> {
  readonly #call: ManagedCall<T>;
  readonly #pool: ManagedPool;
  readonly #retry: RetryOptions;
  /** What failed while there was time: stands also when the deadline passes during the rollback. */
  #failure: BlockFailure | undefined;
  /** What failed since, such as a subscriber of the ORM's, must not run the callback again. */
  #isCommitted = false;

  constructor(call: ManagedCall<T>, pool: ManagedPool, retry: RetryOptions) {
    this.#call = call;
    this.#pool = pool;
    this.#retry = retry;
  }

  async run(): Promise<T> {
    const { timeoutMs = this.#pool.sessionTimeoutMs } = this.#call.options;
    const session = new TransactionSession({ ...this.#call.options, timeoutMs }, currentSession());
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
        if (tries > this.#retry.limit || session.signal.aborted || !this.#isRetryable(error)) throw error;
        this.#failure = undefined;
        const delayMs = pauseBefore(tries, this.#retry, Math.random());
        await untilOver(session, () => pause(this.#call.options.clock ?? systemClock, delayMs));
      }
    }
  }

  #isRetryable(error: unknown): boolean {
    if (this.#isCommitted) return false;
    const { layer } = this.#call;
    if (layer.isRetryable !== undefined) return layer.isRetryable(error);
    return errorsIn(error, (each) => layer.causeOf(each)).some((each) => isRetryable(each));
  }

  /** In a session of its own: what is left of the tries before must not find this transaction, and run in it. */
  async #tryAgain(session: TransactionSession): Promise<T> {
    const clock = untimed(this.#call.options.clock ?? systemClock);
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
    const { layer, handle, options } = this.#call;
    const trying = runInLayer<T>({
      begin: (block) => own.run(() => started(() => layer.transaction(handle, block, options, session))),
      work: (tx) => this.#runBlock(tx, own),
      explain: (error) => this.#explain(error, own),
      failed: (error) => {
        this.#isCommitted = own.isCommitted;
        if (!session.signal.aborted) this.#failure = { error };
      },
    });
    try {
      return await trying;
    } catch (error) {
      // Some ORMs lose the connection where BEGIN fails.
      const { record } = own;
      if (!own.hasBegun && record?.state.kind === 'open')
        record.owner.revoke(record, 'session-aborted', error);
      throw error;
    }
  }

  /** The callback between BEGIN and COMMIT, both of which are the ORM's. */
  async #runBlock(tx: object, own: TransactionSession): Promise<T> {
    const { layer, handle, options, fn } = this.#call;
    const { record } = own;
    if (record === undefined) throw notFromPool(layer);
    const level = openLevel({
      root: layer.rootOf(handle),
      pool: this.#pool,
      tx,
      transaction: await layer.transactionOf(tx),
      record,
      session: own,
      spoilt: own,
      options,
      outer: undefined,
    });
    own.begin(level);
    let leave: (() => void) | undefined;
    try {
      const result = await untilOver(own, () => whileHolding(record, () => fn(tx, own)));
      level.state = 'ending';
      // A nested block that nobody awaited must not be cut in two by the commit.
      leave = await level.children.enter();
      own.signal.throwIfAborted();
      await assertCommittable(level, layer);
      own.passed();
      return result;
    } catch (error) {
      // At once: what blocks inside would send yet must not come after the rollback.
      level.state = 'over';
      throw layer.isLoss?.(error) === true ? this.#explain(error, own) : error;
    } finally {
      level.state = 'over';
      leave?.();
    }
  }

  #explain(error: unknown, { record }: TransactionSession): unknown {
    return ownErrorIn(record, error, (each) => this.#call.layer.causeOf(each));
  }
}
