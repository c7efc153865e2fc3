import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import type { LeaseRecord, TransactionStatus } from '@lifeguard/core';
import { statusAfter } from './transaction-text.ts';

/** How a connection sends a query. */
export type Execute = <R>(query: CompiledQuery, ...rest: unknown[]) => Promise<QueryResult<R>>;
type Stream = <R>(query: CompiledQuery, ...rest: unknown[]) => AsyncIterableIterator<QueryResult<R>>;

/** Who has a connection now, and the queries that run for it. */
export class ConnectionHolder {
  readonly record: LeaseRecord;
  readonly #stop: (() => Promise<void>) | undefined;
  #refusal: { readonly reason: unknown } | undefined;
  #commands = 0;
  #queries = 0;
  #stopping: Promise<void> | undefined;

  /** `stop`: ends what runs now, and resolves when what comes next is safe from that; absent where it cannot be ended. */
  constructor(record: LeaseRecord, stop?: () => Promise<void>) {
    this.record = record;
    this.#stop = stop;
  }

  /** While a query is being stopped: until then nothing may be sent, and nobody else may have the connection. */
  get stopping(): Promise<void> | undefined {
    return this.#stopping;
  }

  /**
   * Stops the query that runs now, where that can be done. Commands of the driver are left to end, also one that waits behind a query
   * that nobody awaited: what is to end the query could come when the command runs. Never rejects.
   */
  async stopRunning(): Promise<void> {
    if (this.#stopping === undefined && this.#queries > 0 && this.#commands === 0)
      this.#stopping = this.#stop?.().finally(() => (this.#stopping = undefined));
    await this.#stopping;
  }

  /** From now on queries reject with `reason`; commands of the driver still pass. The first reason stands. */
  refuse(reason: unknown): void {
    this.#refusal ??= { reason };
  }

  /** Runs a command of the driver, after which the transaction is in `status`. */
  async command(
    name: string,
    status: TransactionStatus | undefined,
    run: () => Promise<void>,
  ): Promise<void> {
    if (this.#stopping !== undefined) await this.#stopping;
    this.#commands += 1;
    let { transaction } = this.record;
    this.record.queryStarted(name);
    try {
      await run();
      transaction = status ?? transaction;
    } finally {
      this.#commands -= 1;
      this.record.queryEnded(transaction);
    }
  }

  query<T>(sql: string, run: () => Promise<T>): Promise<T> {
    // A command is counted already.
    return this.#commands > 0 ? run() : this.#counted(sql, run);
  }

  async #counted<T>(sql: string, run: () => Promise<T>): Promise<T> {
    if (this.#stopping !== undefined) await this.#stopping;
    this.#assertNotRefused();
    this.#queries += 1;
    let { transaction } = this.record;
    this.record.queryStarted(sql);
    try {
      const result = await run();
      transaction = statusAfter(sql, transaction);
      return result;
    } finally {
      this.#queries -= 1;
      this.record.queryEnded(transaction);
    }
  }

  async *stream<T>(sql: string, run: () => AsyncIterableIterator<T>): AsyncIterableIterator<T> {
    if (this.#stopping !== undefined) await this.#stopping;
    this.#assertNotRefused();
    this.#queries += 1;
    this.record.queryStarted(sql);
    try {
      yield* run();
    } finally {
      this.#queries -= 1;
      this.record.queryEnded(this.record.transaction);
    }
  }

  #assertNotRefused(): void {
    // What a signal was aborted with need not be an Error.
    if (this.#refusal !== undefined) throw this.#refusal.reason;
  }
}

interface Held {
  /** Several, where a driver gives one object to many at once (a stateless HTTP connection). */
  readonly list: ConnectionHolder[];
  /** What the connection did before it was observed. */
  readonly execute: Execute;
}

/** How a query is ended that a connection runs; see {@link QueryKiller}. */
export interface Stopper {
  kill(connection: DatabaseConnection, execute: Execute): Promise<void>;
}

const holders = new WeakMap<DatabaseConnection, Held>();

/**
 * From now on the queries of this connection are counted for `record`. The connection stays the same object, since
 * drivers know theirs by private members; its two methods are replaced on it once, as Kysely does for its log.
 */
export function holdConnection(
  connection: DatabaseConnection,
  record: LeaseRecord,
  stopper?: Stopper,
): ConnectionHolder {
  let held = holders.get(connection);
  if (held === undefined) {
    held = { list: [], execute: connection.executeQuery.bind(connection) as Execute };
    holders.set(connection, held);
    if (Object.isExtensible(connection)) observe(connection, held);
  }
  const { list, execute } = held;
  const holder = new ConnectionHolder(record, stopper && (() => stopper.kill(connection, execute)));
  list.push(holder);
  return holder;
}

/** Who holds the connection; of several, who came last. */
export function holderOf(connection: DatabaseConnection): ConnectionHolder | undefined {
  return holders.get(connection)?.list.at(-1);
}

/** The connection was given back, by `holder` or, where that is not known, by who has had it for longest. */
export function letGo(
  connection: DatabaseConnection,
  holder?: ConnectionHolder,
): ConnectionHolder | undefined {
  const list = holders.get(connection)?.list ?? [];
  const index = holder === undefined ? 0 : list.indexOf(holder);
  return index < 0 ? undefined : list.splice(index, 1)[0];
}

function observe(connection: DatabaseConnection, { list, execute }: Held): void {
  const stream = connection.streamQuery.bind(connection) as Stream;
  connection.executeQuery = <R>(query: CompiledQuery, ...rest: unknown[]) => {
    const run = (): Promise<QueryResult<R>> => execute<R>(query, ...rest);
    return list.at(-1)?.query(query.sql, run) ?? run();
  };
  connection.streamQuery = <R>(query: CompiledQuery, ...rest: unknown[]) => {
    const run = (): AsyncIterableIterator<QueryResult<R>> => stream<R>(query, ...rest);
    return list.at(-1)?.stream(query.sql, run) ?? run();
  };
}
