import { describeFailure, printable } from '@lifeguard/core/adapter';

/** Runs one statement; `rows` as pg gives them. */
export type ViewQuery = (
  sql: string,
  values?: readonly unknown[],
) => Promise<{ readonly rows: readonly unknown[] }>;

const MAX_SENTENCE = 400;

/**
 * One read-only transaction in which each part of a view may fail without the others: what a statement could not tell is
 * noted as missing, and the transaction goes on.
 */
export class ViewTransaction {
  readonly #query: ViewQuery;
  readonly #missing: string[] = [];

  private constructor(query: ViewQuery) {
    this.#query = query;
  }

  /** Runs `work` in one, and rolls it back. No statement in it takes longer than `statementTimeoutMs`. */
  static async run<T>(
    query: ViewQuery,
    statementTimeoutMs: number,
    work: (transaction: ViewTransaction) => Promise<T>,
  ): Promise<T> {
    await query('begin transaction read only');
    try {
      await query(`set local statement_timeout = ${statementTimeoutMs}`);
      // Whatever an application puts before it must not stand in for the catalog.
      await query('set local search_path = pg_catalog, pg_temp');
      await query('savepoint lifeguard_view');
      return await work(new ViewTransaction(query));
    } finally {
      // A connection that is gone needs none, and why it is gone has been thrown already.
      await query('rollback').catch(() => undefined);
    }
  }

  get missing(): readonly string[] {
    return this.#missing;
  }

  note(sentence: string): void {
    this.#missing.push(printable(sentence, MAX_SENTENCE));
  }

  async rows<Row>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]> {
    const { rows } = await this.#query(sql, values);
    return rows as readonly Row[];
  }

  /** What `read` resolves with; or `fallback`, where a statement of it fails. Rejects when the connection does. */
  async part<T>(name: string, fallback: T, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      await this.#query('rollback to savepoint lifeguard_view').catch(() => {
        throw error;
      });
      this.note(`${name}: not read (${describeFailure(error)})`);
      return fallback;
    }
  }
}
