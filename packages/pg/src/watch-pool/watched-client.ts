import { inspect } from 'node:util';
import { overrideMethod } from '@lifeguard/core/adapter';
import type { LeaseRecord, TransactionStatus } from '@lifeguard/core';
import type { AnyFunction, Containment } from '@lifeguard/core/adapter';
import type { DriverClient, ReadyStatus } from '../driver-types.ts';
import { hasQueuedQueries } from '../has-queued-queries.ts';
import { sqlOf } from '../query-call.ts';

const TRANSACTION: Readonly<Record<ReadyStatus, TransactionStatus>> = { I: 'none', T: 'open', E: 'failed' };

/**
 * One client of a foreign pool: it hears of its queries, of their answers and of the state of its transaction, and tells the
 * record of whoever holds it. It stands for the client in events, where the client itself would show its queries.
 */
export class WatchedClient {
  readonly client: DriverClient;
  readonly #contain: Containment;
  readonly #unhook: (() => void)[] = [];
  #record: LeaseRecord | undefined;
  /** Whether the last holder has asked for it to be closed. */
  wasDestroyed = false;

  constructor(client: DriverClient, contain: Containment) {
    this.client = client;
    this.#contain = contain;
    // What stands for a client in a test has none of it, and is lent all the same.
    if (typeof client.query === 'function' && typeof client.on === 'function')
      contain.run(() => this.#hook());
  }

  /** Who holds it. */
  get record(): LeaseRecord | undefined {
    return this.#record;
  }

  lend(record: LeaseRecord): void {
    this.#record = record;
    record.backendPid = this.client.processID ?? undefined;
    const transaction = this.#transaction(undefined);
    // A pool of pg hands on what it was given back, also in the midst of a transaction.
    if (transaction === 'open' || transaction === 'failed') record.queryEnded(transaction, 0);
  }

  takeBack(): LeaseRecord | undefined {
    const record = this.#record;
    this.#record = undefined;
    return record;
  }

  /** Hears of it no more; puts everything back as it was. */
  leave(): void {
    for (const unhook of this.#unhook.splice(0)) unhook();
  }

  /** What is shown of it. */
  toJSON(): object {
    const { queryRunning = false, transaction = 'unknown' } = this.#record ?? {};
    const phase = this.#record === undefined ? 'idle' : 'leased';
    return { backendPid: this.client.processID ?? undefined, phase, busy: queryRunning, transaction };
  }

  #hook(): void {
    const client = this.client;
    const contain = this.#contain;
    const sent = (query: unknown): void => contain.run(() => this.#sent(query));
    this.#unhook.push(
      overrideMethod(
        client,
        'query',
        (former): AnyFunction =>
          function query(this: unknown, ...args) {
            const result: unknown = Reflect.apply(former(), this, args);
            sent(args[0]);
            return result;
          },
      ),
    );
    const ready = ({ status }: { status?: ReadyStatus } = {}): void =>
      contain.run(() => this.#answered(status));
    const { connection } = client;
    // Before pg's own listener, which runs the callback of the query: that may give the client back.
    connection?.prependListener('readyForQuery', ready);
    const idle = (): void => contain.run(() => this.#quiet());
    // Told by pg-native too; and where pg has refused to send a query, or the connection has ended.
    for (const event of ['drain', 'end']) client.on(event, idle);
    this.#unhook.push(() => {
      connection?.off('readyForQuery', ready);
      for (const event of ['drain', 'end']) client.off(event, idle);
    });
  }

  #sent(query: unknown): void {
    const { _queryable, _ending } = this.client;
    // What cannot be sent is answered without a word from the server.
    if (_queryable !== false && _ending !== true) this.#record?.queryStarted(sqlOf(query));
  }

  #answered(status: ReadyStatus | undefined): void {
    this.#record?.queryEnded(this.#transaction(status), hasQueuedQueries(this.client) ? 1 : 0);
  }

  #quiet(): void {
    if (this.#record?.queryRunning === true) this.#record.queryEnded(this.#transaction(undefined), 0);
  }

  #transaction(status: ReadyStatus | undefined): TransactionStatus {
    const told = status ?? this.client.getTransactionStatus?.();
    return told == null ? 'unknown' : TRANSACTION[told];
  }
}

// Not a method of the class: its declaration could not name this symbol.
Object.defineProperty(WatchedClient.prototype, inspect.custom, {
  value(this: WatchedClient): string {
    return `WatchedClient ${inspect(this.toJSON())}`;
  },
});
