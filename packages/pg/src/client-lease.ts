import type { QueryConfig, QueryResult, QueryResultRow, Submittable } from 'pg';
import type { Clock, Lease, LeaseRecord, TransactionStatus } from '@lifeguard/core';
import type { DriverClient } from './driver-types.ts';
import type { PgConnection } from './pg-connection.ts';

/** How long a cancel may take before the connection is given up. */
export const CANCEL_LIMIT_MS = 500;

/**
 * One borrowing of a PostgreSQL connection: a new object each time. After release, revocation or loss every call rejects
 * before a byte is written.
 *
 * @example
 * await using lease = await pool.lease();
 * const { rows } = await lease.query('select * from orders where id = $1', [42]);
 */
export class ClientLease implements AsyncDisposable {
  readonly #lease: Lease<PgConnection>;
  readonly #clock: Clock;
  readonly #connection: PgConnection;

  constructor(lease: Lease<PgConnection>, clock: Clock) {
    this.#lease = lease;
    this.#clock = clock;
    this.#connection = lease.connection;
  }

  get id(): number {
    return this.#lease.id;
  }

  /** What the tracker knows of this lease. */
  get record(): LeaseRecord {
    return this.#lease.record;
  }

  get isOpen(): boolean {
    return this.#lease.isOpen;
  }

  /**
   * Aborts when the lease is taken back, or its connection is lost; the reason is the error that later calls reject with.
   * For what else the holder has under way, such as a request to another service.
   */
  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  /** The server's process id; `undefined` where the driver does not tell. Behind a pooler it is the pooler's number. */
  get processID(): number | undefined {
    return this.#connection.client.processID ?? undefined;
  }

  get transaction(): TransactionStatus {
    return this.#connection.transaction;
  }

  /** The `pg.Client` of this connection, the same object for its whole life. Throws once the lease is over. */
  get client(): DriverClient {
    return this.#lease.connection.client;
  }

  /** Runs a statement, or a cursor or query stream. */
  query<T extends Submittable>(submittable: T): T;
  query<R extends QueryResultRow = Record<string, unknown>>(
    text: string | QueryConfig,
    values?: readonly unknown[],
  ): Promise<QueryResult<R>>;
  query(query: unknown, values?: readonly unknown[]): unknown {
    if (this.#lease.isOpen) return this.#connection.client.query(query, values);
    try {
      return this.client.query(query, values);
    } catch (error) {
      // A cursor cannot be answered with a promise; its caller gets the error thrown.
      if (typeof query === 'object' && query !== null && 'submit' in query) throw error;
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /**
   * Asks the server to stop what this lease is running now; the statement then fails with SQLSTATE 57014, unless it ends
   * first. Queries sent meanwhile wait until the server has taken the request, so that it does not hit them; when that
   * cannot be known, the connection is closed. One that this lease had queued behind it before may be hit in its place.
   */
  async cancel(): Promise<void> {
    const { connection } = this.#lease;
    if (!connection.busy) return;
    if ((await connection.cancel(this.#clock, CANCEL_LIMIT_MS)) === 'unknown') this.destroy();
  }

  /** Gives the connection back. Does nothing when the lease is over already. */
  release(): void {
    this.#lease.release();
  }

  /** Gives the connection back to be closed. */
  destroy(): void {
    this.#lease.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.release();
    return Promise.resolve();
  }
}
