import { enterHolding, leaseRevokedError, untilOver } from '@lifeguard/core/adapter';
import type { DatabaseConnection, Driver, QueryCompiler, TransactionSettings } from 'kysely';
import type { LeaseRecord, RevokeReason, Session, TransactionStatus } from '@lifeguard/core';
import type { HoldingMark, LeaseOwner, LeaseEnd } from '@lifeguard/core/adapter';
import { holdConnection, holderOf, letGo } from './connection-holder.ts';
import type { ConnectionHolder } from './connection-holder.ts';
import { JoinedConnection } from './joined-connection.ts';
import type { StrayQueries } from './stray-queries.ts';
import type { QueryKiller } from './query-killer.ts';
import { RefusedConnection } from './refused-connection.ts';
import { transactionMark } from './transaction-mark.ts';
import type { Watch } from './watch.ts';

type OperationOptions = Parameters<Driver['acquireConnection']>[0];
type CompileQuery = QueryCompiler['compileQuery'];

/** What a {@link GuardedDriver} has to know of its dialect. */
export interface GuardedDriverParts {
  /** Whether Kysely itself lets only one caller have a connection. */
  readonly isSingle: boolean;
  /** What ends queries on the server; `undefined` where nobody asked for that. */
  readonly killer: QueryKiller | undefined;
}

/** Until a connection whose session was cut off has been given back: a rollback, and as a rule a millisecond. */
const RETURN_LIMIT_MS = 1_000;

const RELEASED: LeaseEnd = Object.freeze({ kind: 'released' });

/**
 * Somebody else's driver, watched. It delegates one by one: Kysely's drivers have private members, which neither a Proxy
 * nor a derived object can reach. Connections stay the objects that the driver made.
 */
export class GuardedDriver implements Driver, LeaseOwner {
  readonly #inner: Driver;
  readonly #watch: Watch;
  readonly #strays: StrayQueries;
  readonly #isSingle: boolean;
  readonly #killer: QueryKiller | undefined;
  readonly #holders = new Map<LeaseRecord, Held>();
  #mark: HoldingMark | undefined;
  /** Kysely asks whether these exist; so they exist only where the driver has them. */
  readonly savepoint?: SavepointMethod;
  readonly rollbackToSavepoint?: SavepointMethod;
  readonly releaseSavepoint?: SavepointMethod;

  constructor(inner: Driver, watch: Watch, strays: StrayQueries, { isSingle, killer }: GuardedDriverParts) {
    this.#inner = inner;
    this.#watch = watch;
    this.#strays = strays;
    this.#isSingle = isSingle;
    this.#killer = killer;
    if (inner.savepoint) this.savepoint = watched('savepoint', inner.savepoint.bind(inner));
    if (inner.rollbackToSavepoint) {
      this.rollbackToSavepoint = watched('rollback to savepoint', inner.rollbackToSavepoint.bind(inner));
    }
    if (inner.releaseSavepoint)
      this.releaseSavepoint = watched('release savepoint', inner.releaseSavepoint.bind(inner));
  }

  async init(options?: OperationOptions): Promise<void> {
    this.#mark = await transactionMark();
    await this.#inner.init(options);
  }

  async acquireConnection(options?: OperationOptions): Promise<DatabaseConnection> {
    // First of all: any later, the stack and the session would be somebody else's.
    const route = this.#strays.route();
    if (route instanceof JoinedConnection) return route;
    const origin = this.#watch.tracker.origin();
    let connection: DatabaseConnection;
    try {
      connection = await this.#watch.waiting(this.#acquireInTime(origin.session, options));
    } catch (error) {
      if (this.#isSingle) return new RefusedConnection(error);
      throw error;
    }
    const record = this.#watch.tracker.open(this, origin);
    this.#holders.set(record, { connection, holder: holdConnection(connection, record, this.#killer) });
    return connection;
  }

  async releaseConnection(connection: DatabaseConnection, options?: OperationOptions): Promise<void> {
    if (connection instanceof JoinedConnection) return connection.release();
    if (connection instanceof RefusedConnection) return;
    const holder = letGo(connection);
    if (holder !== undefined) {
      if (holder.stopping !== undefined) await holder.stopping;
      this.#holders.delete(holder.record);
      const { tracker } = this.#watch;
      if (!tracker.close(holder.record, RELEASED)) tracker.releasedAfterRevocation(holder.record);
    }
    await this.#inner.releaseConnection(connection, options);
  }

  beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    if (connection instanceof JoinedConnection) return connection.begin(settings);
    const record = holderOf(connection)?.record;
    // Before any `await`; see LifeguardDriver.
    if (record !== undefined && this.#mark !== undefined) enterHolding(record, this.#mark);
    return command(connection, 'begin', 'open', () => this.#inner.beginTransaction(connection, settings));
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof JoinedConnection) return connection.commit();
    return command(connection, 'commit', 'none', () => this.#inner.commitTransaction(connection));
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof JoinedConnection) return connection.rollback();
    return command(connection, 'rollback', 'none', () => this.#inner.rollbackTransaction(connection));
  }

  destroy(options?: OperationOptions): Promise<void> {
    this.#watch.tracker.stop();
    return this.#inner.destroy(options);
  }

  /** No further query of its holder is sent. What runs is ended where the dialect was told to; else the holder ends it. */
  revoke(record: LeaseRecord, reason: RevokeReason, cause: unknown): boolean {
    const held = this.#holders.get(record);
    held?.holder.refuse(cause);
    const killer = this.#killer;
    if (held === undefined || killer === undefined) return false;
    void held.holder.stopRunning().then(() => {
      this.#closeUnlessReturned(record, held.connection, killer, { reason, cause });
    });
    return true;
  }

  /** A holder that hears of the end gives the connection back, after its rollback; one that does not will never do so. */
  #closeUnlessReturned(
    record: LeaseRecord,
    connection: DatabaseConnection,
    killer: QueryKiller,
    why: { readonly reason: RevokeReason; readonly cause: unknown },
  ): void {
    const { tracker, options, name } = this.#watch;
    options.clock.setTimer(RETURN_LIMIT_MS, () => {
      if (!tracker.tracks(record)) return;
      const error = leaseRevokedError(name, tracker.view(record), { ...why, at: options.clock.wallTime() });
      killer.close(connection);
      this.#holders.delete(record);
      tracker.close(record, { kind: 'revoked', error });
    });
  }

  async #acquire(options: OperationOptions): Promise<DatabaseConnection> {
    const connection = await this.#inner.acquireConnection(options);
    try {
      await this.#killer?.prepare(connection);
      return connection;
    } catch (error) {
      await this.#inner.releaseConnection(connection);
      throw error;
    }
  }

  /** A session that ends while it waits gets its answer then; the connection that comes late is given back. */
  async #acquireInTime(session: Session | undefined, options: OperationOptions): Promise<DatabaseConnection> {
    if (session === undefined) return this.#acquire(options);
    let acquiring: Promise<DatabaseConnection> | undefined;
    try {
      return await untilOver(session, () => (acquiring = this.#acquire(options)));
    } catch (error) {
      acquiring
        ?.then(
          (late) => this.#inner.releaseConnection(late),
          () => undefined,
        )
        .catch(() => undefined);
      throw error;
    }
  }
}

/** A connection, and who has it. */
interface Held {
  readonly connection: DatabaseConnection;
  readonly holder: ConnectionHolder;
}

type SavepointMethod = (
  connection: DatabaseConnection,
  name: string,
  compileQuery: CompileQuery,
) => Promise<void>;

function watched(name: string, method: SavepointMethod): SavepointMethod {
  return (connection, savepoint, compileQuery) => {
    // The driver knows only connections that it made.
    if (connection instanceof JoinedConnection)
      return connection.run((beneath) =>
        command(beneath, name, undefined, () => method(beneath, savepoint, compileQuery)),
      );
    return command(connection, name, undefined, () => method(connection, savepoint, compileQuery));
  };
}

function command(
  connection: DatabaseConnection,
  name: string,
  status: TransactionStatus | undefined,
  run: () => Promise<void>,
): Promise<void> {
  if (connection instanceof RefusedConnection) return connection.refuse();
  return holderOf(connection)?.command(name, status, run) ?? run();
}
