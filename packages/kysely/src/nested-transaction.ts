import type { Kysely, Transaction } from 'kysely';
import { Session } from '@lifeguard/core';
import { untilOver } from '@lifeguard/core/adapter';
import { CommitRolledBackError, isServerAborted } from './commit-rolled-back-error.ts';
import { withPluginsOf } from './copy-instance.ts';
import { enterLevel } from './enter-level.ts';
import { GatePlugin } from './gate-plugin.ts';
import type { ManagedTransactionOptions } from './managed-options.ts';
import { transactionIsOver } from './own-transaction.ts';
import { TransactionGate } from './transaction-gate.ts';
import { isUndone, openLevel, sessionAround } from './transaction-level.ts';
import type { TransactionLevel } from './transaction-level.ts';
import { checkNestedSettings } from './transaction-settings.ts';
import { undoSavepoint } from './undo-savepoint.ts';

type Callback<DB, T> = (trx: Transaction<DB>, session: Session) => Promise<T> | T;

/** Runs `fn` between a savepoint and its release, alone among the blocks of its level. */
export async function runNested<DB, T>(
  outer: TransactionLevel,
  db: Kysely<DB>,
  options: ManagedTransactionOptions,
  fn: Callback<DB, T>,
): Promise<T> {
  checkNestedSettings(options, outer.settings);
  const around = sessionAround(outer);
  const session = new Session({ ...options, timeoutMs: options.timeoutMs ?? Infinity }, around);
  try {
    const leave = await enterLevel(session, outer);
    try {
      session.signal.throwIfAborted();
      if (isUndone(outer)) throw transactionIsOver();
      return await new NestedTransaction(outer, session).run(db, options, fn);
    } finally {
      leave();
    }
  } finally {
    session.end();
  }
}

/** One savepoint and the block that runs on it. */
class NestedTransaction {
  readonly #outer: TransactionLevel;
  readonly #session: Session;
  readonly #name: string;
  readonly #ended = Promise.withResolvers<void>();
  readonly #gate = new TransactionGate(() => this.#assertKept());

  constructor(outer: TransactionLevel, session: Session) {
    this.#outer = outer;
    this.#session = session;
    this.#name = `lifeguard_${outer.depth + 1}`;
    // Before any listener of the callback: what that sends in the same moment is too late already.
    session.signal.addEventListener('abort', this.#cutOff, { once: true });
  }

  /** A session in between may tell the block around before this one is undone: what that sends then must not fall in here. */
  readonly #cutOff = (): void => {
    this.#gate.close(() => this.#session.signal.reason as unknown);
    this.#outer.gate?.hold(this.#ended.promise);
  };

  async run<DB, T>(
    db: Kysely<DB>,
    { strayQueries = this.#outer.strayQueries }: ManagedTransactionOptions,
    fn: Callback<DB, T>,
  ): Promise<T> {
    const outer = this.#outer;
    const { savepoints, settings } = outer;
    const made = savepoints.savepoint(this.#name);
    const trx = this.#derive(db);
    const session = this.#session;
    const level = openLevel(trx, {
      outer,
      session,
      gate: this.#gate,
      savepoints,
      settings,
      strayQueries,
      depth: outer.depth + 1,
    });
    let leave: (() => void) | undefined;
    try {
      await untilOver(session, () => made);
      const result = await untilOver(session, () => fn(trx, session));
      level.state = 'ending';
      leave = await enterLevel(session, level);
      // Before the release, and not when it is answered: what comes between would run in the block around.
      this.#gate.close(transactionIsOver);
      await untilOver(session, () => this.#release());
      return result;
    } catch (error) {
      level.state = 'over';
      await this.#undo(made);
      throw error;
    } finally {
      level.state = 'over';
      this.#gate.close(transactionIsOver);
      leave?.();
      this.#ended.resolve();
    }
  }

  /** The transaction around, with the plugins and schema of `db`, behind a gate of its own. */
  #derive<DB>(db: Kysely<DB>): Transaction<DB> {
    const outer = this.#outer.trx as unknown as Transaction<DB>;
    return withPluginsOf<DB, Transaction<DB>>(outer, db).withPlugin(new GatePlugin(this.#gate));
  }

  async #release(): Promise<void> {
    try {
      this.#assertKept();
      await this.#outer.savepoints.release(this.#name);
    } catch (error) {
      throw isServerAborted(error) ? new CommitRolledBackError(this.#gate.firstFailure, error) : error;
    }
  }

  /** With the block around its savepoint is gone, and its name may be that of another. */
  #assertKept(): void {
    if (isUndone(this.#outer)) throw transactionIsOver();
  }

  /**
   * Rolls back to the savepoint before the caller hears of the failure: what it sends next must not fall into this block.
   * Never rejects. Waits no longer than the block around lives, and not only for a session in between.
   */
  async #undo(made: Promise<void>): Promise<void> {
    this.#gate.close(transactionIsOver);
    const undoing = this.#rollBack(made);
    try {
      const limit = this.#outer.session;
      if (limit === undefined) await undoing;
      else await untilOver(limit, () => undoing);
    } catch {
      // The block around is over, and is being rolled back as a whole.
    }
  }

  async #rollBack(made: Promise<void>): Promise<void> {
    if (this.#session.signal.aborted) await this.#gate.cancelRunning();
    try {
      await made;
    } catch {
      return;
    }
    await undoSavepoint(this.#outer, this.#name);
  }
}
