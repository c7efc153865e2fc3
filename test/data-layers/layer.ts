import type { LifeguardPool } from '@lifeguard/pg';

/** Sends a statement in the transaction that is open. */
export type Run = (sql: string) => Promise<unknown>;

/** A data layer on a pool, as its documentation tells one to set it up. */
export interface OpenLayer extends AsyncDisposable {
  /** A transaction in the way of the layer: committed when `work` resolves, rolled back when it rejects. */
  transaction<T>(work: (run: Run) => Promise<T>): Promise<T>;
  /** Begins to read a long result as a stream, and resolves when the first row is there; the rest is not read. */
  readonly abandonStream: (() => Promise<void>) | undefined;
}

/** One column of the matrix. */
export interface Layer {
  readonly name: string;
  open(pool: LifeguardPool): Promise<OpenLayer>;
}
