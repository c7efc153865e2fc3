import { Session } from '@lifeguard/core';
import { contextStorage } from '@lifeguard/core/adapter';
import type { LeaseRecord, SessionOptions } from '@lifeguard/core';
import type { StatementGate } from '@lifeguard/core/adapter';
import { levelsHere, transactionIsOver } from './transaction-level.ts';
import type { BlockFailure, TransactionLevel } from './transaction-level.ts';

/** The session of a transaction: knows the lease that was taken for it, and whose statements may still be sent on that. */
export class TransactionSession extends Session implements StatementGate {
  /** The lease of the transaction: the first that was taken and is not given back when its block begins. */
  record: LeaseRecord | undefined;
  /** What has spoilt the transaction, while it is spoilt. */
  failure: BlockFailure | undefined;
  #level: TransactionLevel | undefined;
  #hasPassed = false;

  constructor(options: SessionOptions, parent: Session | undefined) {
    super(options, parent);
    this.statements = this;
  }

  override attach(record: LeaseRecord): void {
    super.attach(record);
    if (this.#level === undefined && this.record?.state.kind !== 'open') this.record = record;
  }

  get hasBegun(): boolean {
    return this.#level !== undefined;
  }

  /** Whether the server has committed it. */
  get isCommitted(): boolean {
    return this.#hasPassed && this.failure === undefined && this.record?.transaction === 'none';
  }

  /** Its block has ended well; the COMMIT is next. */
  passed(): void {
    this.#hasPassed = true;
    this.failure = undefined;
  }

  /** From now on statements are sent by the block of `level`. */
  begin(level: TransactionLevel): void {
    this.#level = level;
  }

  /** What comes from a block that is over must not get into the one around it, nor before the commit. */
  refusal(record: LeaseRecord): Error | undefined {
    if (record !== this.record || this.#level === undefined) return undefined;
    for (const level of levelsHere()) {
      if (level.record !== record) continue;
      if (level.outer === undefined) break;
      const { signal } = level.session;
      if (signal.aborted) return signal.reason instanceof Error ? signal.reason : transactionIsOver();
      return level.state === 'over' || this.#level.state === 'over' ? transactionIsOver() : undefined;
    }
    // What the ORM itself sends, such as the COMMIT, comes from the same session, but not from inside the callback.
    return this.#level.state === 'over' && isCalledBack(record) ? transactionIsOver() : undefined;
  }

  failed(record: LeaseRecord, error: Error): void {
    if (record === this.record && record.transaction !== 'failed') this.failure = { error };
  }
}

/** Whether this code has come from the callback of the transaction, which has ended. */
function isCalledBack(record: LeaseRecord): boolean {
  let holding = contextStorage().getStore()?.holding;
  while (holding !== undefined && holding.record !== record) holding = holding.outer;
  return holding?.isOver === true;
}
