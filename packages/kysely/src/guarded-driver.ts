import { enterHolding, untilOver } from '@lifeguard/core';
import type { DatabaseConnection, Driver, QueryCompiler, TransactionSettings } from 'kysely';
import type {
  HoldingMark,
  LeaseOwner,
  LeaseRecord,
  LeaseEnd,
  RevokeReason,
  Session,
  TransactionStatus,
} from '@lifeguard/core';
import { holdConnection, holderOf, letGo } from './connection-holder.ts';
import type { ConnectionHolder } from './connection-holder.ts';
import { JoinedConnection } from './joined-connection.ts';
import type { StrayQueries } from './stray-queries.ts';
import { transactionMark } from './transaction-mark.ts';
import type { Watch } from './watch.ts';

type OperationOptions = Parameters<Driver['acquireConnection']>[0];
type CompileQuery = QueryCompiler['compileQuery'];

const RELEASED: LeaseEnd = Object.freeze({ kind: 'released' });

/**
 * Somebody else's driver, watched. It delegates one by one: Kysely's drivers have private members, which neither a Proxy
 * nor a derived object can reach. Connections stay the objects that the driver made.
 */
export class GuardedDriver implements Driver, LeaseOwner {
  readonly #inner: Driver;
  readonly #watch: Watch;
  readonly #strays: StrayQueries;
  readonly #holders = new Map<LeaseRecord, ConnectionHolder>();
  #mark: HoldingMark | undefined;
  /** Kysely asks whether these exist; so they exist only where the driver has them. */
  readonly savepoint?: SavepointMethod;
  readonly rollbackToSavepoint?: SavepointMethod;
  readonly releaseSavepoint?: SavepointMethod;

  constructor(inner: Driver, watch: Watch, strays: StrayQueries) {
    this.#inner = inner;
    this.#watch = watch;
    this.#strays = strays;
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
    const connection = await this.#watch.waiting(this.#acquireInTime(origin.session, options));
    const record = this.#watch.tracker.open(this, origin);
    this.#holders.set(record, holdConnection(connection, record));
    return connection;
  }

  async releaseConnection(connection: DatabaseConnection, options?: OperationOptions): Promise<void> {
    if (connection instanceof JoinedConnection) return connection.release();
    const holder = letGo(connection);
    if (holder !== undefined) {
      this.#holders.delete(holder.record);
      this.#watch.tracker.close(holder.record, RELEASED);
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

  /** Only its own driver can take a connection back. What is left to us: no further query of its holder is sent. */
  revoke(record: LeaseRecord, _reason: RevokeReason, cause: unknown): boolean {
    this.#holders.get(record)?.refuse(cause);
    return false;
  }

  /** A session that ends while it waits gets its answer then; the connection that comes late is given back. */
  async #acquireInTime(session: Session | undefined, options: OperationOptions): Promise<DatabaseConnection> {
    if (session === undefined) return this.#inner.acquireConnection(options);
    let acquiring: Promise<DatabaseConnection> | undefined;
    try {
      return await untilOver(session, () => (acquiring = this.#inner.acquireConnection(options)));
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
  return holderOf(connection)?.command(name, status, run) ?? run();
}
