import * as kysely from 'kysely';
import type { DatabaseConnection, Driver, QueryCompiler, TransactionSettings } from 'kysely';
import { InvariantError } from '@lifeguard/core';
import { enterHolding } from '@lifeguard/core/adapter';
import type { HoldingMark } from '@lifeguard/core/adapter';
import { CommitRolledBackError } from './commit-rolled-back-error.ts';
import type { ConnectionHook, LifeguardDialectOptions } from './dialect-options.ts';
import type { GuardedLease, GuardedLeaseOptions, GuardedPool } from './driver-types.ts';
import { JoinedConnection } from './joined-connection.ts';
import { LeaseConnection } from './lease-connection.ts';
import { RefusedConnection } from './refused-connection.ts';
import { compileSavepoint } from './savepoint-commands.ts';
import type { StrayQueries } from './stray-queries.ts';
import { transactionMark } from './transaction-mark.ts';

/** Options of Kysely's operations; absent before Kysely 0.29. */
interface OperationOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What the driver needs of the dialect's options. */
export type DriverHooks = Pick<
  LifeguardDialectOptions,
  'cursor' | 'onCreateConnection' | 'onReserveConnection' | 'label'
>;

/** Kysely's driver over leases of a `LifeguardPool`. */
export class LifeguardDriver implements Driver {
  readonly #openPool: () => Promise<GuardedPool>;
  readonly #hooks: DriverHooks;
  readonly #strays: StrayQueries;
  /** Physical clients that `onCreateConnection` has seen. */
  readonly #known = new WeakSet<object>();
  #pool: GuardedPool | undefined;
  #mark: HoldingMark | undefined;

  constructor(openPool: () => Promise<GuardedPool>, hooks: DriverHooks, strays: StrayQueries) {
    this.#openPool = openPool;
    this.#hooks = hooks;
    this.#strays = strays;
  }

  async init(): Promise<void> {
    this.#mark = await transactionMark();
    this.#pool = await this.#openPool();
  }

  async acquireConnection(options?: OperationOptions): Promise<DatabaseConnection> {
    // This, and the lease, before any `await`: context and stack are those of the caller, whom reports name.
    const route = this.#strays.route();
    if (route instanceof JoinedConnection) return route;
    const signal = options?.signal;
    let lease: GuardedLease;
    try {
      if (this.#pool === undefined) throw new Error('driver has already been destroyed');
      lease = await this.#pool.lease(this.#leaseOptions(signal, route === 'apart'));
    } catch (error) {
      if (signal?.aborted === true) return new RefusedConnection(signal.reason);
      throw error;
    }
    try {
      const prepared = this.#prepare(lease, options);
      return prepared instanceof LeaseConnection ? prepared : await prepared;
    } catch (error) {
      // Nobody else will ever give it back: Kysely has not seen it yet.
      lease.destroy();
      throw error;
    }
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    if (connection instanceof JoinedConnection) return connection.begin(settings);
    // Before any `await`: the code that goes on from here into the callback of the transaction is then inside it. It has come
    // here from a wait for the connection, in a turn of its own, so nothing else is. (Only on an instance that
    // `connection()` has bound it may be that block itself, which holds the same lease.)
    const record = this.#leaseOf(connection)?.record;
    if (record !== undefined && this.#mark !== undefined) enterHolding(record, this.#mark);
    // Here `set local statement_timeout` and its like join the round trip, when the current session has a deadline.
    try {
      await connection.executeQuery(kysely.CompiledQuery.raw(beginSql(settings)));
    } catch (error) {
      // Kysely 0.28 does not give the connection back when a controlled transaction cannot begin.
      this.#leaseOf(connection)?.destroy();
      throw error;
    }
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof JoinedConnection) return connection.commit();
    const failed = connection instanceof LeaseConnection ? connection.firstFailure : undefined;
    const { rows } = await connection.executeQuery<{ command?: string }>(kysely.CompiledQuery.raw('commit'));
    if (rows[0]?.command === 'ROLLBACK') throw abortedTransaction(failed);
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof JoinedConnection) return connection.rollback();
    try {
      await connection.executeQuery(kysely.CompiledQuery.raw('rollback'));
    } catch (error) {
      this.#leaseOf(connection)?.destroy();
      throw error;
    }
  }

  async savepoint(connection: DatabaseConnection, name: string, compileQuery: CompileQuery): Promise<void> {
    await connection.executeQuery(compileSavepoint('savepoint', name, compileQuery));
  }

  async rollbackToSavepoint(
    connection: DatabaseConnection,
    name: string,
    compileQuery: CompileQuery,
  ): Promise<void> {
    await connection.executeQuery(compileSavepoint('rollback to savepoint', name, compileQuery));
  }

  async releaseSavepoint(
    connection: DatabaseConnection,
    name: string,
    compileQuery: CompileQuery,
  ): Promise<void> {
    await connection.executeQuery(compileSavepoint('release savepoint', name, compileQuery));
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof JoinedConnection) return connection.release();
    this.#leaseOf(connection)?.release();
  }

  async destroy(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.end();
  }

  #leaseOptions(signal: AbortSignal | undefined, isApart: boolean): GuardedLeaseOptions | undefined {
    const { label } = this.#hooks;
    if (signal === undefined && label === undefined && !isApart) return undefined;
    const { nestedAcquire } = (this.#pool?.options ?? {}) as { nestedAcquire?: unknown };
    // It has been warned of as a stray query. Whoever wants an error gets one.
    const isQuiet = isApart && nestedAcquire !== 'error';
    return {
      ...(signal && { signal }),
      ...(label !== undefined && { label }),
      ...(isQuiet && { nestedAcquire: 'off' }),
    };
  }

  /** Without hooks it is done at once: nearly nobody has any, and every query waits for this. */
  #prepare(
    lease: GuardedLease,
    options: OperationOptions | undefined,
  ): LeaseConnection | Promise<LeaseConnection> {
    // `destroy` was called while the lease was waited for.
    if (this.#pool === undefined) throw new Error('driver has already been destroyed');
    const connection = new LeaseConnection(lease, this.#hooks.cursor);
    const { onCreateConnection, onReserveConnection } = this.#hooks;
    if (onCreateConnection === undefined && onReserveConnection === undefined) return connection;
    return this.#runHooks(lease, connection, options);
  }

  async #runHooks(
    lease: GuardedLease,
    connection: LeaseConnection,
    options: OperationOptions | undefined,
  ): Promise<LeaseConnection> {
    const { onCreateConnection, onReserveConnection } = this.#hooks;
    if (onCreateConnection !== undefined)
      await this.#prepareOnce(lease, connection, onCreateConnection, options);
    await onReserveConnection?.(connection, options);
    return connection;
  }

  async #prepareOnce(
    lease: GuardedLease,
    connection: LeaseConnection,
    hook: ConnectionHook,
    options: OperationOptions | undefined,
  ): Promise<void> {
    const { client } = lease;
    if (this.#known.has(client)) return;
    await hook(connection, options);
    this.#known.add(client);
  }

  #leaseOf(connection: DatabaseConnection): GuardedLease | undefined {
    if (connection instanceof LeaseConnection) return connection.lease;
    if (connection instanceof RefusedConnection) return undefined;
    throw new InvariantError('the driver was given a connection that it did not make');
  }
}

type CompileQuery = QueryCompiler['compileQuery'];

function beginSql({ isolationLevel, accessMode }: TransactionSettings): string {
  if (isolationLevel === undefined && accessMode === undefined) return 'begin';
  const level = isolationLevel === undefined ? '' : ` isolation level ${isolationLevel}`;
  return `start transaction${level}${accessMode === undefined ? '' : ` ${accessMode}`}`;
}

/** Kysely's own error, so that code which knows it goes on working; ours where Kysely is too old to have one. */
function abortedTransaction(failed: LeaseConnection['firstFailure']): Error {
  const Aborted = (kysely as Partial<typeof kysely>).AbortedTransactionError;
  if (Aborted === undefined) return new CommitRolledBackError(failed, undefined);
  return new Aborted(
    failed === undefined ? undefined : { cause: new CommitRolledBackError(failed, undefined) },
  );
}
