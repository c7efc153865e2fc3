import type { ControlledTransaction, Kysely } from 'kysely';
import { LeaseReleasedError } from '@lifeguard/core';
import type { LeaseRecord, Session } from '@lifeguard/core';
import { CommitRolledBackError, isAbortedTransaction } from './commit-rolled-back-error.ts';
import { copyInstance } from './copy-instance.ts';
import { hookExecutor, hookTransactions } from './executor-hook.ts';
import { recordOf } from './record-of.ts';
import { ControlledSavepoints } from './savepoints.ts';
import type { ControlledCommands } from './savepoints.ts';
import { TransactionGate } from './transaction-gate.ts';
import type { TransactionSettings } from './transaction-settings.ts';
import { VisibleWait } from './visible-wait.ts';

/** A transaction that we began and that we end: with its session, at the latest. */
export class OwnTransaction<DB> {
  readonly trx: ControlledTransaction<DB>;
  readonly savepoints: ControlledSavepoints;
  /** Its lease; `undefined` where the dialect is not guarded. */
  readonly record: LeaseRecord | undefined;
  readonly gate: TransactionGate;
  readonly #signal: AbortSignal;
  #poison: { readonly error: unknown } | undefined;
  #rollback: Promise<void> | undefined;

  /** Takes a connection and begins. Leaves nothing behind when either fails, or when the session ends meanwhile. */
  static async begin<DB>(
    db: Kysely<DB>,
    settings: TransactionSettings,
    session: Session,
  ): Promise<OwnTransaction<DB>> {
    const gate = new TransactionGate();
    // The executor of a transaction cannot be reached once it is made; so the one that makes it is hooked.
    const own = copyInstance<DB, Kysely<DB>>(db);
    hookTransactions(own.getExecutor(), gate.pass);
    const wait = new VisibleWait();
    hookExecutor(own.getExecutor(), wait.pass);
    let builder = own.startTransaction();
    if (settings.isolationLevel !== undefined) builder = builder.setIsolationLevel(settings.isolationLevel);
    if (settings.accessMode !== undefined) builder = builder.setAccessMode(settings.accessMode);
    const control = await wait.until(builder.execute());
    const record = wait.connection === undefined ? undefined : recordOf(wait.connection);
    const transaction = new OwnTransaction(control, record, gate, session.signal);
    session.signal.throwIfAborted();
    return transaction;
  }

  private constructor(
    control: ControlledTransaction<DB>,
    record: LeaseRecord | undefined,
    gate: TransactionGate,
    signal: AbortSignal,
  ) {
    this.trx = control;
    this.record = record;
    this.gate = gate;
    this.#signal = signal;
    if (signal.aborted) this.#abandon();
    else signal.addEventListener('abort', this.#abandon);
    const commands: unknown = control;
    this.savepoints = new ControlledSavepoints(
      commands as ControlledCommands,
      (error) => {
        this.#poison ??= { error };
      },
      (command) => gate.ahead(command),
    );
  }

  /** Does nothing when the callback has ended the transaction by itself. */
  async commit(): Promise<void> {
    if (this.trx.isCommitted || (this.trx.isRolledBack && this.#rollback === undefined)) return this.#end();
    if (this.#poison !== undefined) throw new CommitRolledBackError(undefined, this.#poison.error);
    try {
      await this.trx.commit().execute();
    } catch (error) {
      throw isAbortedTransaction(error) ? explain(error) : error;
    } finally {
      this.#end();
    }
  }

  /** Never rejects: a rollback that fails has lost its connection, and the transaction with it. */
  rollback(): Promise<void> {
    this.#end();
    this.#rollback ??= this.#rollBackOnce();
    return this.#rollback;
  }

  /** The session was cut off. Whether or not the callback ever returns, the transaction ends now. */
  readonly #abandon = (): void => {
    this.gate.close(() => this.#signal.reason as unknown);
    void this.#stop();
  };

  async #stop(): Promise<void> {
    // A session that took the connection itself takes it back right after this call, and then there is nothing to stop.
    await Promise.resolve();
    await this.gate.cancelRunning();
    await this.rollback();
  }

  #end(): void {
    this.gate.close(transactionIsOver);
    this.#signal.removeEventListener('abort', this.#abandon);
  }

  async #rollBackOnce(): Promise<void> {
    if (this.trx.isCommitted || this.trx.isRolledBack) return;
    try {
      // Also after a failed commit: Kysely holds the connection until it is told to roll back.
      await this.gate.bypass(() => this.trx.rollback().execute());
    } catch {
      // The driver closes the connection; whoever called has an error that says more.
    }
  }
}

/** What a query gets that comes after its block has ended. */
export function transactionIsOver(): LeaseReleasedError {
  return new LeaseReleasedError({
    summary: 'a query came after its managed transaction had ended; it was not sent',
    rows: [
      ['likely', 'a promise that was not awaited inside the callback'],
      ['fix', 'await every query of the transaction before its callback returns'],
    ],
  });
}

function explain(error: unknown): CommitRolledBackError {
  if (error instanceof CommitRolledBackError) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof CommitRolledBackError ? cause : new CommitRolledBackError(undefined, error);
}
