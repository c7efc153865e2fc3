import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import { besideStream, commandAsText, usedAfterRelease } from './joined-errors.ts';
import { LeaseConnection } from './lease-connection.ts';
import { JoinedTransaction } from './joined-transaction.ts';
import { transactionIsOver } from './own-transaction.ts';
import { stopRunning } from './stop-running.ts';
import { isUndone, placeConnection } from './transaction-level.ts';
import type { TransactionLevel } from './transaction-level.ts';
import type { TransactionSettings } from './transaction-settings.ts';
import { statusAfter } from './transaction-text.ts';

type Execute = DatabaseConnection['executeQuery'];
type Stream = DatabaseConnection['streamQuery'];
type ConnectionProvider = Parameters<NonNullable<DatabaseConnection['cancelQuery']>>[0];

/**
 * The connection of the managed transaction around, for a query that was run with the instance. Each query waits for its
 * turn among those of the transaction, and passes its gate. Giving it back gives nothing back; a transaction on it is a
 * savepoint.
 */
export class JoinedConnection implements DatabaseConnection {
  readonly #outer: TransactionLevel;
  #transaction: JoinedTransaction | undefined;
  /** The connection beneath, while a query of ours runs on it. */
  #busy: DatabaseConnection | undefined;
  #isReleased = false;

  constructor(outer: TransactionLevel) {
    this.#outer = outer;
    placeConnection(this, outer);
  }

  get executeQuery(): Execute {
    return (query, ...rest) => this.run((connection) => connection.executeQuery(query, ...rest), query);
  }

  // Kysely replaces these two on a connection that it logs. It has done so on the one beneath.
  set executeQuery(_logging: Execute) {}

  get streamQuery(): Stream {
    return (query, ...rest) => this.#stream(query, (connection) => connection.streamQuery(query, ...rest));
  }

  set streamQuery(_logging: Stream) {}

  /** Where the connection beneath cannot be cancelled, the query goes on. */
  async cancelQuery(provider: ConnectionProvider): Promise<void> {
    await this.#busy?.cancelQuery?.(provider);
  }

  async killSession(provider: ConnectionProvider): Promise<void> {
    await this.#busy?.killSession?.(provider);
  }

  async collectSessionInfo(): Promise<void> {
    await this.run(async (connection) => connection.collectSessionInfo?.());
  }

  /** Runs `task` on the connection of the transaction, in its turn. */
  async run<T>(task: (connection: DatabaseConnection) => Promise<T>, query?: CompiledQuery): Promise<T> {
    this.#assertUsable(query);
    this.#assertNotStreaming();
    return this.#outer.trx.getExecutor().provideConnection(async (connection) => {
      // The turn may have come after the end.
      this.#assertUsable(query);
      this.#busy = connection;
      try {
        const result = await task(connection);
        this.#assertStillOpen(connection);
        return result;
      } finally {
        this.#busy = undefined;
      }
    });
  }

  /** The code that goes on from here, without an `await` in between, is in the savepoint. */
  async begin(settings: TransactionSettings): Promise<void> {
    this.#assertNotStreaming();
    this.#transaction = new JoinedTransaction(this.#outer, settings, () => stopRunning(this.#busy));
    placeConnection(this, this.#transaction.level);
    await this.#transaction.begin();
  }

  async commit(): Promise<void> {
    await this.#transaction?.commit();
    this.#leave();
  }

  async rollback(): Promise<void> {
    await this.#transaction?.rollback();
    this.#leave();
  }

  /** Ends what was begun on it and not ended; the transaction around goes on. */
  async release(): Promise<void> {
    this.#isReleased = true;
    await this.#transaction?.rollback();
  }

  get #level(): TransactionLevel {
    return this.#transaction?.level ?? this.#outer;
  }

  #assertNotStreaming(): void {
    if (this.#level.joinedStreams > 0) throw besideStream();
  }

  #leave(): void {
    this.#transaction = undefined;
    placeConnection(this, this.#outer);
  }

  async *#stream<R>(
    query: CompiledQuery,
    open: (connection: DatabaseConnection) => AsyncIterableIterator<QueryResult<R>>,
  ): AsyncIterableIterator<QueryResult<R>> {
    const turn = Promise.withResolvers<DatabaseConnection>();
    const read = Promise.withResolvers<void>();
    const holding = this.run((connection) => {
      turn.resolve(connection);
      return read.promise;
    }, query);
    holding.catch(turn.reject);
    const level = this.#level;
    try {
      const connection = await turn.promise;
      level.joinedStreams += 1;
      try {
        yield* open(connection);
      } finally {
        level.joinedStreams -= 1;
      }
    } finally {
      read.resolve();
    }
  }

  /** One text may hold several statements. What comes next would be kept one by one. */
  #assertStillOpen(connection: DatabaseConnection): void {
    if (!(connection instanceof LeaseConnection) || connection.lease.record.transaction !== 'none') return;
    const error = commandAsText();
    this.#outer.savepoints.poison(error);
    for (let level: TransactionLevel | undefined = this.#outer; level !== undefined; level = level.outer)
      level.gate?.close(() => error);
    throw error;
  }

  #assertUsable(query: CompiledQuery | undefined): void {
    const level = this.#level;
    level.session?.signal.throwIfAborted();
    if (isUndone(level)) throw transactionIsOver();
    if (this.#isReleased) throw usedAfterRelease();
    if (query !== undefined && endsOrBegins(query.sql)) throw commandAsText();
  }
}

function endsOrBegins(sql: string): boolean {
  return statusAfter(sql, 'none') !== 'none' || statusAfter(sql, 'open') !== 'open';
}
