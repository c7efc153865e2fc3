import { inspect } from 'node:util';
import type { LeaseRecord, TransactionStatus } from '@lifeguard/core';
import type { ForeignWait } from '@lifeguard/core/adapter';
import type { LentUntil, SqlLeases } from './sql-leases.ts';
import type { QueryOutcome } from './query-outcome.ts';
import type { Backend } from './stock-query.ts';
import { transactionAfter } from './transaction-after.ts';

/** By which number `onclose` names a connection; any query may have told, also one that nobody here has asked for. */
const ids = new WeakMap<Backend, number>();

export function noteId(backend: Backend, id: number): void {
  ids.set(backend, id);
}

/**
 * One connection of postgres.js, as far as its queries tell of it. It stands for the connection in events. One that is reserved
 * is known by its backend from its first query on.
 */
export class WatchedConnection {
  /** By which `onclose` names it; `undefined` until a query has told. */
  id: number | undefined;
  /** Whose it is. */
  readonly leases: SqlLeases;
  #backend: Backend | undefined;
  #pid: number | undefined;
  #record: LeaseRecord | undefined;
  #wait: ForeignWait | undefined;
  #until: LentUntil = 'release';
  #transaction: TransactionStatus = 'none';
  #text = '';

  constructor(leases: SqlLeases) {
    this.leases = leases;
  }

  /** Who holds it. */
  get record(): LeaseRecord | undefined {
    return this.#record;
  }

  get backend(): Backend | undefined {
    return this.#backend;
  }

  /** Whether its holder is done with it, as far as its queries tell: postgres.js takes it back by itself then. */
  get isDone(): boolean {
    switch (this.#until) {
      case 'answer':
        return true;
      case 'transaction':
        return this.#transaction === 'none';
      case 'release':
        return false;
      default:
        return this.#until satisfies never;
    }
  }

  /** Whether whoever has waited so holds it now. */
  isHeldSince(wait: ForeignWait): boolean {
    return this.#wait === wait;
  }

  /** Whether it is the one of this backend: until that has another number. */
  is(backend: Backend): boolean {
    return this.#backend === backend && this.#pid === (backend.pid ?? undefined);
  }

  identify(backend: Backend): void {
    this.#backend = backend;
    this.#pid = backend.pid ?? undefined;
    this.id ??= ids.get(backend);
    if (this.#record !== undefined) this.#record.backendPid = this.#pid;
  }

  lend(record: LeaseRecord, until: LentUntil, wait: ForeignWait): void {
    this.#record = record;
    this.#wait = wait;
    this.#until = until;
    record.backendPid = this.#pid;
  }

  takeBack(): LeaseRecord | undefined {
    const record = this.#record;
    this.#record = undefined;
    this.#wait = undefined;
    return record;
  }

  /** A statement is sent. */
  sent(text: string): void {
    this.#text = text;
    this.#record?.queryStarted(text);
  }

  /** The server has sent what was asked for, and waits to be asked for more. */
  paused(): void {
    this.#record?.queryEnded(this.#transaction);
  }

  /** It is asked for more. */
  resumed(): void {
    this.#record?.queryStarted(this.#text);
  }

  /** It has been answered, or will not be. */
  answered(outcome: QueryOutcome): void {
    this.#transaction = transactionAfter(this.#transaction, this.#text, outcome);
    this.#record?.queryEnded(this.#transaction);
  }

  /** What is shown of it. */
  toJSON(): object {
    const phase = this.#record === undefined ? 'idle' : 'leased';
    const busy = this.#record?.queryRunning ?? false;
    return { backendPid: this.#pid, phase, busy, transaction: this.#transaction };
  }
}

// Not a method of the class: its declaration could not name this symbol.
Object.defineProperty(WatchedConnection.prototype, inspect.custom, {
  value(this: WatchedConnection): string {
    return `WatchedConnection ${inspect(this.toJSON())}`;
  },
});
