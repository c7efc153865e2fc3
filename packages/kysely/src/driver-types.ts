import type { LeaseRecord, NestedAcquirePolicy } from '@lifeguard/core';

/** What a statement answers; pg's `QueryResult` has this shape. */
export interface QueryAnswer {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: unknown[];
}

/** The part of pg-cursor that streaming needs. */
export interface Cursor {
  read(rows: number): Promise<unknown[]>;
  close(): Promise<void>;
}

/** `pg-cursor`, or a class with the same shape. */
export type CursorConstructor = new (sql: string, parameters: unknown[]) => Cursor;

/** What we use of `ClientLease` of `@lifeguard/pg`: one borrowing, a fresh object each time. */
export interface GuardedLease {
  query(text: string, values?: readonly unknown[]): Promise<QueryAnswer>;
  query<T extends Cursor>(cursor: T): T;
  /** Gives the connection back; does nothing when the lease is over. */
  release(): void;
  /** Gives the connection back to be closed. */
  destroy(): void;
  /** Stops what runs now, and nothing else. */
  cancel(): Promise<void>;
  readonly processID: number | undefined;
  readonly isOpen: boolean;
  readonly record: LeaseRecord;
  /** The physical client: the same object for the whole life of the connection. */
  readonly client: object;
}

/** How a lease is asked for. */
export interface GuardedLeaseOptions {
  readonly signal?: AbortSignal;
  readonly label?: string;
  readonly timeoutMs?: number;
  /** In place of the pool's. */
  readonly nestedAcquire?: NestedAcquirePolicy;
}

/** What we use of `LifeguardPool` of `@lifeguard/pg`; typed by its shape, so that this package does not depend on that one. */
export interface GuardedPool {
  lease(options?: GuardedLeaseOptions): Promise<GuardedLease>;
  end(): Promise<void>;
  /** Stops what the lease runs now. */
  cancelQuery?(record: LeaseRecord): Promise<void>;
  /** Limit of managed sessions that name none. */
  readonly sessionTimeoutMs: number;
  /** What the pool was made with. Of these, `logger` gets warnings, and `nestedAcquire: 'error'` is respected. */
  readonly options?: object;
}
