import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import { statusAfter } from './transaction-text.ts';
import type { FailedStatement } from './commit-rolled-back-error.ts';
import type { Cursor, CursorConstructor, GuardedLease, QueryAnswer } from './driver-types.ts';
import { extendStack } from './stack-extension.ts';

const COUNTED: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/**
 * One borrowing as Kysely sees it: a new object each time, so that a query on a connection that was given back, or taken
 * back, is refused before a byte is written.
 */
export class LeaseConnection implements DatabaseConnection {
  readonly #lease: GuardedLease;
  readonly #cursor: CursorConstructor | undefined;
  #running = 0;
  #inTransaction = false;
  #firstFailure: FailedStatement | undefined;

  constructor(lease: GuardedLease, cursor: CursorConstructor | undefined) {
    this.#lease = lease;
    this.#cursor = cursor;
  }

  /** The lease; for the driver. */
  get lease(): GuardedLease {
    return this.#lease;
  }

  /** The statement that failed first in the transaction that is open. A rollback to a savepoint forgets it. */
  get firstFailure(): FailedStatement | undefined {
    return this.#firstFailure;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    this.#running += 1;
    try {
      const answer = await this.#lease.query(query.sql, query.parameters);
      // Their texts need not be looked at: they begin and end no transaction.
      if (answer.command !== 'SELECT' && !COUNTED.has(answer.command)) this.#noteSuccess(query.sql);
      return toResult(answer);
    } catch (error) {
      this.#noteFailure(query.sql, error);
      throw extendStack(error);
    } finally {
      this.#running -= 1;
    }
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    if (this.#cursor === undefined) {
      throw new Error(
        'streaming needs a cursor: new LifeguardDialect({ cursor: Cursor, … }) with Cursor from "pg-cursor"',
      );
    }
    const cursor = this.#lease.query(new this.#cursor(query.sql, [...query.parameters]));
    const { record } = this.#lease;
    this.#running += 1;
    try {
      for (let rows = await cursor.read(chunkSize); rows.length > 0; rows = await cursor.read(chunkSize)) {
        // Until the next read the server waits: a stream that nobody reads on is idle, not slow.
        record.queryEnded(record.transaction, 0);
        yield { rows: rows as R[] };
        record.queryEnded(record.transaction, 1);
      }
    } catch (error) {
      this.#noteFailure(query.sql, error);
      throw extendStack(error);
    } finally {
      this.#running -= 1;
      await this.#close(cursor);
    }
  }

  /** Stops what runs now. Does nothing when nothing does; in doubt, the connection is closed. */
  async cancelQuery(): Promise<void> {
    if (this.#running > 0 && this.#lease.isOpen) await this.#lease.cancel();
  }

  /** The pool knows all it needs for a cancel; nothing is asked of the server. */
  async collectSessionInfo(): Promise<void> {}

  /**
   * Ends the backend session while a query runs: the pool cancels the query, then closes the connection. Takes no second
   * connection. Does nothing on a connection that runs nothing, as in Kysely.
   */
  async killSession(): Promise<void> {
    if (this.#running > 0) this.#lease.destroy();
  }

  /** A cursor waits for the server's last word; over a connection that is gone there will be none. */
  async #close(cursor: Cursor): Promise<void> {
    if (!this.#lease.isOpen) return;
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const client = this.#lease.client as { once?: Listening; removeListener?: Listening };
    client.once?.('end', resolve);
    try {
      await Promise.race([cursor.close(), gone]);
    } catch {
      this.#lease.destroy();
    } finally {
      client.removeListener?.('end', resolve);
    }
  }

  #noteSuccess(sql: string): void {
    const status = statusAfter(sql, this.#inTransaction ? 'open' : 'none');
    this.#inTransaction = status === 'open';
    if (status === 'none' || /^\s*rollback\b/i.test(sql)) this.#firstFailure = undefined;
  }

  #noteFailure(sql: string, error: unknown): void {
    if (this.#inTransaction) this.#firstFailure ??= { sql, error };
  }
}

type Listening = (event: 'end', listener: () => void) => unknown;

function toResult<R>({ command, rowCount, rows }: QueryAnswer): QueryResult<R> {
  // Kysely reads the tag of these two: COMMIT may be answered with ROLLBACK.
  if (command === 'ROLLBACK' || command === 'COMMIT') return { rows: [{ command } as R] };
  if (COUNTED.has(command)) return { numAffectedRows: BigInt(rowCount ?? 0), rows: (rows ?? []) as R[] };
  return { rows: (rows ?? []) as R[] };
}
