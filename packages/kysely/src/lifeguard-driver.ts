import * as kysely from 'kysely';
import type { DatabaseConnection, Driver, QueryCompiler, TransactionSettings } from 'kysely';
import { InvariantError, enterHolding } from '@lifeguard/core';
import type { HoldingMark } from '@lifeguard/core';
import { CommitRolledBackError } from './commit-rolled-back-error.ts';
import type { ConnectionHook, LifeguardDialectOptions } from './dialect-options.ts';
import type { GuardedLease, GuardedPool } from './driver-types.ts';
import { LeaseConnection } from './lease-connection.ts';
import { RefusedConnection } from './refused-connection.ts';
import { compileSavepoint } from './savepoint-commands.ts';
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
  /** Physical clients that `onCreateConnection` has seen. */
  readonly #known = new WeakSet<object>();
  #pool: GuardedPool | undefined;
  #mark: HoldingMark | undefined;

  constructor(openPool: () => Promise<GuardedPool>, hooks: DriverHooks) {
    this.#openPool = openPool;
    this.#hooks = hooks;
  }

  async init(): Promise<void> {
    this.#mark = await transactionMark();
    this.#pool = await this.#openPool();
  }

  async acquireConnection(options?: OperationOptions): Promise<DatabaseConnection> {
    const signal = options?.signal;
    const { label } = this.#hooks;
    let lease: GuardedLease;
    try {
      if (this.#pool === undefined) throw new Error('driver has already been destroyed');
      // No `await` before this one: the stack of the caller is what a leak report names.
      lease = await this.#pool.lease({ ...(signal && { signal }), ...(label !== undefined && { label }) });
    } catch (error) {
      if (signal?.aborted === true) return new RefusedConnection(signal.reason);
      throw error;
    }
    try {
      return await this.#prepare(lease, options);
    } catch (error) {
      // Nobody else will ever give it back: Kysely has not seen it yet.
      lease.destroy();
      throw error;
    }
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
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
    const failed = connection instanceof LeaseConnection ? connection.firstFailure : undefined;
    const { rows } = await connection.executeQuery<{ command?: string }>(kysely.CompiledQuery.raw('commit'));
    if (rows[0]?.command === 'ROLLBACK') throw abortedTransaction(failed);
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
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
    this.#leaseOf(connection)?.release();
  }

  async destroy(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.end();
  }

  async #prepare(lease: GuardedLease, options: OperationOptions | undefined): Promise<LeaseConnection> {
    // `destroy` was called while the lease was waited for.
    if (this.#pool === undefined) throw new Error('driver has already been destroyed');
    const connection = new LeaseConnection(lease, this.#hooks.cursor);
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
