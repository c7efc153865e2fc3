import type { DatabaseConnection } from 'kysely';
import type { PoolOptions } from '@lifeguard/core';
import type { CursorConstructor, GuardedPool } from './driver-types.ts';
import type { StrayQueryPolicy } from './stray-policy.ts';

/** A hook of the dialect. When it rejects, the connection is closed and the query rejects with its error. */
export type ConnectionHook = (
  connection: DatabaseConnection,
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<void>;

/** What the dialect itself understands. */
export interface DialectHooks {
  /** `Cursor` of `pg-cursor`; without it `stream()` rejects. */
  readonly cursor?: CursorConstructor;
  /** Runs once for each physical connection, before its first use. */
  readonly onCreateConnection?: ConnectionHook;
  /** Runs each time a connection is taken from the pool. */
  readonly onReserveConnection?: ConnectionHook;
  /** Shown in reports in place of the line of code; for a dialect of its own, such as that of a migration job. */
  readonly label?: string;
  /**
   * What becomes of queries that are run with the instance inside a `managedTransaction()`, instead of with the transaction
   * that its callback is given. Where they are meant to be apart, run them in `outsideSession()`.
   * @default 'warn' — most are mistakes, and some are not.
   */
  readonly strayQueries?: StrayQueryPolicy;
}

/** A dialect over a pool that the application has made. `db.destroy()` ends it, as Kysely's own dialect does. */
export interface PoolDialectOptions extends DialectHooks {
  /** A `LifeguardPool`, or what makes one when the first query is run. */
  readonly pool: GuardedPool | (() => GuardedPool | Promise<GuardedPool>);
}

/** Where the database is: the options of `pg` that say so. */
export interface PgConnectionOptions {
  readonly connectionString?: string;
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string | (() => string | Promise<string>);
  readonly database?: string;
  readonly ssl?: boolean | object;
  readonly application_name?: string;
  readonly options?: string;
  readonly keepAlive?: boolean;
  readonly types?: object;
  readonly client_encoding?: string;
  readonly statement_timeout?: false | number;
  readonly query_timeout?: number;
  readonly lock_timeout?: number;
  readonly idle_in_transaction_session_timeout?: number;
  /** pg-pool's name for `size`. */
  readonly max?: number;
  /** pg-pool's name for `minIdle`. */
  readonly min?: number;
  /** pg-pool's name for `acquireTimeoutMs`; 0 for no limit. */
  readonly connectionTimeoutMillis?: number;
  /** pg-pool's name for `idleTimeoutMs`; 0 for no limit. */
  readonly idleTimeoutMillis?: number;
  readonly maxLifetimeSeconds?: number;
  readonly allowExitOnIdle?: boolean;
}

/** A dialect that makes its own pool, with `@lifeguard/pg`, when the first query is run, and owns it. */
export interface ConnectionDialectOptions extends DialectHooks, PgConnectionOptions, PoolOptions {
  readonly pool?: never;
}

/** How a {@link LifeguardDialect} is made. */
export type LifeguardDialectOptions = PoolDialectOptions | ConnectionDialectOptions;
