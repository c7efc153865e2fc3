import type { Session } from '@lifeguard/core';
import type { LifeguardPool } from '@lifeguard/pg';
import type { ManagedTransactionOptions } from '../src/index.ts';

/** What a test does in a transaction, whichever ORM it is of. */
export interface Tx {
  /** Resolves to the rows. */
  run(sql: string): Promise<Record<string, unknown>[]>;
  /** A managed transaction that is begun with the transaction. */
  managed: Managed;
  /** The ORM's own nested transaction. */
  plain<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
}

type Managed = <T>(
  options: ManagedTransactionOptions,
  fn: (tx: Tx, session: Session) => Promise<T> | T,
) => Promise<T>;

/** An ORM on a pool. */
export interface OpenLayer {
  /** Outside of any transaction. */
  run(sql: string): Promise<unknown>;
  managed: Managed;
  /** The ORM's own transaction. */
  plain<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** One ORM. */
export interface Layer {
  readonly name: string;
  open(pool: LifeguardPool): Promise<OpenLayer>;
  /** A managed transaction of an instance that does not borrow from one of our pools. Nothing is connected. */
  elsewhere(url: string): Promise<unknown>;
}
