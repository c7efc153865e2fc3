import { Session } from '@lifeguard/core';
import { contextStorage } from '@lifeguard/core/adapter';
import { CommitRolledBackError, isServerAborted } from './commit-rolled-back-error.ts';
import type { FailedStatement } from './commit-rolled-back-error.ts';
import { enterLevel } from './enter-level.ts';
import { LeaseConnection } from './lease-connection.ts';
import { transactionIsOver } from './own-transaction.ts';
import { connectionOf } from './record-of.ts';
import { isUndone, nestLevel, sessionAround } from './transaction-level.ts';
import { undoSavepoint } from './undo-savepoint.ts';
import type { TransactionLevel } from './transaction-level.ts';
import { checkNestedSettings } from './transaction-settings.ts';
import type { TransactionSettings } from './transaction-settings.ts';

/**
 * A transaction of Kysely's own that runs as a savepoint of the managed one around it. Like a nested managed block it is
 * alone among the blocks of its level, and has a level of its own: what is begun inside it nests in it.
 */
export class JoinedTransaction {
  readonly level: TransactionLevel;
  readonly #outer: TransactionLevel;
  readonly #session: Session;
  readonly #name: string;
  readonly #cancelRunning: () => Promise<void>;
  #made: Promise<void> | undefined;
  #undoing: Promise<void> | undefined;
  #leave: (() => void) | undefined;

  /** The code that goes on from here, without an `await` in between, is inside. Throws `LG_UNSUPPORTED`. */
  constructor(outer: TransactionLevel, settings: TransactionSettings, cancelRunning: () => Promise<void>) {
    checkNestedSettings(settings, outer.settings);
    const around = sessionAround(outer);
    this.#outer = outer;
    this.#cancelRunning = cancelRunning;
    this.#session = new Session({ name: () => around?.name, timeoutMs: Infinity }, around);
    this.#name = `lifeguard_${outer.depth + 1}`;
    this.level = nestLevel(outer, this.#session);
    const storage = contextStorage();
    storage.enterWith?.({ session: this.#session, holding: storage.getStore()?.holding });
  }

  async begin(): Promise<void> {
    try {
      this.#leave = await enterLevel(this.#session, this.#outer);
      this.#session.signal.throwIfAborted();
      if (isUndone(this.#outer)) throw transactionIsOver();
      this.#session.signal.addEventListener('abort', this.#cutOff, { once: true });
      this.#made = this.#outer.savepoints.savepoint(this.#name);
      await this.#made;
      this.#session.signal.throwIfAborted();
    } catch (error) {
      await this.#undoing;
      this.#end();
      throw error;
    }
  }

  /** Rolls back by itself when it cannot be kept. */
  async commit(): Promise<void> {
    this.level.state = 'ending';
    let leave: (() => void) | undefined;
    try {
      // A block inside that nobody awaited must not be cut in two.
      leave = await enterLevel(this.#session, this.level);
      if (isUndone(this.#outer)) throw transactionIsOver();
      // From here on it is the server that decides.
      this.#session.signal.removeEventListener('abort', this.#cutOff);
      await this.#outer.savepoints.release(this.#name);
    } catch (error) {
      const failed = isServerAborted(error) ? await this.#firstFailure() : undefined;
      await this.rollback();
      throw isServerAborted(error) ? new CommitRolledBackError(failed, error) : error;
    } finally {
      this.#end();
      leave?.();
    }
  }

  /** Never rejects: whoever calls it has an error that says more. Does nothing when it is over. */
  rollback(): Promise<void> {
    this.#undoing ??= this.#undo();
    return this.#undoing;
  }

  /** A session in between has ended: nobody may ever come to roll back, and what the block around sends must not fall in here. */
  readonly #cutOff = (): void => {
    if (isUndone(this.#outer)) return;
    const stopping = this.#cancelRunning();
    this.#outer.gate?.hold(Promise.all([stopping, this.rollback()]).then(() => undefined));
  };

  async #undo(): Promise<void> {
    if (this.level.state === 'over') return;
    this.level.state = 'over';
    try {
      await this.#made;
      await undoSavepoint(this.#outer, this.#name);
    } catch {
      // It was never made.
    }
    this.#end();
  }

  async #firstFailure(): Promise<FailedStatement | undefined> {
    try {
      const connection = await connectionOf(this.#outer.trx);
      return connection instanceof LeaseConnection ? connection.firstFailure : undefined;
    } catch {
      return undefined;
    }
  }

  #end(): void {
    this.level.state = 'over';
    this.#session.end();
    this.#leave?.();
  }
}
