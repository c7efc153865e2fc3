import type { DatabaseConnection, QueryResult } from 'kysely';

/**
 * What an acquire whose signal aborted resolves to. Kysely has turned to its caller by then and only gives back what comes
 * late; a rejection, though, it would print to the console. Whoever uses it all the same gets the reason of the signal.
 * Where there is but one connection it stands for any acquire that failed: Kysely locks the instance before it asks for
 * that, and unlocks it only when something is given back.
 */
export class RefusedConnection implements DatabaseConnection {
  readonly #reason: unknown;

  constructor(reason: unknown) {
    this.#reason = reason;
  }

  executeQuery<R>(): Promise<QueryResult<R>> {
    return this.refuse();
  }

  refuse(): Promise<never> {
    // The reason of a signal is whatever its owner chose.
    return Promise.reject(this.#reason);
  }

  // oxlint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw this.#reason;
  }
}
