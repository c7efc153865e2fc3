import type pg from 'pg';
import type { ApplicationOptions } from '../messages.ts';
import type { Ledger } from './ledger.ts';
import type { Side } from './side.ts';

/** Late by more than this is stuck. */
const GRACE_MS = 750;

/** Borrows connections as careful application code does, with everything written into the ledger. */
export class Borrower {
  readonly #side: Side;
  readonly #ledger: Ledger;
  readonly #options: ApplicationOptions;

  constructor(side: Side, ledger: Ledger, options: ApplicationOptions) {
    this.#side = side;
    this.#ledger = ledger;
    this.#options = options;
  }

  /** Rejects as the acquire does. The caller gives it back. */
  take(): Promise<pg.PoolClient> {
    return this.#ledger.acquire(this.#side.pool.connect(), this.#options.acquireTimeoutMs + GRACE_MS);
  }

  giveBack(client: pg.PoolClient, error?: unknown): void {
    this.#ledger.givesBack(client);
    // What has failed is not given to others: what pg's documentation advises.
    client.release(error === undefined ? undefined : true);
  }

  /** A unit of work, with one connection. */
  run<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const { acquireTimeoutMs, unitTimeoutMs } = this.#options;
    const unit = this.#side.unit(() => this.#withClient(work));
    // An acquire, and three statements at most.
    return this.#ledger.unit(unit, acquireTimeoutMs + 3 * unitTimeoutMs + GRACE_MS);
  }

  async #withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.take();
    let failure: unknown;
    try {
      return await work(client);
    } catch (error) {
      failure = error ?? new Error('it failed');
      throw error;
    } finally {
      this.giveBack(client, failure);
    }
  }
}
