import { formatCallSite } from './call-site.ts';
import { LeaseReleasedError } from './errors.ts';
import type { LeaseRecord } from './lease-record.ts';
import type { PoolEntry } from './pool-entry.ts';

/**
 * One borrowing of a connection, and the only way to it. A new object each time, so that a handle kept too long is told
 * apart from the one that holds the connection now.
 *
 * @example
 * await using lease = await pool.acquire();
 * await lease.connection.query('select 1');
 */
export class Lease<C> implements AsyncDisposable {
  readonly #entry: PoolEntry<C>;
  /** What the tracker knows of it; adapters report queries here. */
  readonly record: LeaseRecord;

  constructor(entry: PoolEntry<C>, record: LeaseRecord) {
    this.#entry = entry;
    this.record = record;
  }

  get id(): number {
    return this.record.id;
  }

  /** Whether the connection can be used. */
  get isOpen(): boolean {
    return this.record.state.kind === 'open';
  }

  /**
   * The connection. Throws `LG_LEASE_RELEASED` after release, `LG_LEASE_REVOKED` after it was taken back and
   * `LG_CONNECTION_LOST` when it died; so nothing can be sent on a connection that serves somebody else by now.
   */
  get connection(): C {
    const { state } = this.record;
    if (state.kind === 'open') return this.#entry.connection as C;
    throw state.kind === 'released' ? this.#usedAfterRelease() : state.error;
  }

  /** Aborts when the lease is taken back or its connection dies, with the error that later calls get. */
  get signal(): AbortSignal {
    return this.record.signal;
  }

  /** Gives the connection back. Does nothing when that has happened, or when it was taken back or lost meanwhile. */
  release(): void {
    this.#entry.release(this.record, false);
  }

  /** Gives the connection back to be closed: for a caller who knows that it is in a bad state. */
  destroy(): void {
    this.#entry.release(this.record, true);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.release();
    return Promise.resolve();
  }

  #usedAfterRelease(): LeaseReleasedError {
    return new LeaseReleasedError({
      summary: `lease #${this.id} was used after it had been released`,
      rows: [
        ['acquired', formatCallSite(this.record.trace().site)],
        ['likely', 'a promise that was not awaited before the release'],
        ['fix', 'await every query before release(); the stack of this error shows the late use'],
      ],
    });
  }
}
