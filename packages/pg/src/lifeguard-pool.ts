import pg from 'pg';
import type { PoolClient } from 'pg';
import { Pool, PoolClosedError, getPoolDiagnostics } from '@lifeguard/core';
import { announcePool, ignoreFramesBeside, whileHolding } from '@lifeguard/core/adapter';
import type {
  AcquireOptions,
  CloseReport,
  DurationListener,
  Lease,
  LeaseRecord,
  LeaseTracker,
  PoolDiagnostics,
  PoolGlance,
  PoolReadiness,
  PoolSample,
  PoolSnapshot,
  ServerFacts,
} from '@lifeguard/core';
import type { LeaseTaker, PoolSize } from '@lifeguard/core/adapter';
import { cancelRunning } from './cancel-running.ts';
import { ClientLease } from './client-lease.ts';
import type { ConnectCallback } from './connect-callback.ts';
import { defineMembers } from './define-members.ts';
import type { ClientClass, DriverClient } from './driver-types.ts';
import { inCallersContext } from './in-callers-context.ts';
import { FORWARDED } from './lifeguard-pool-events.ts';
import type { LifeguardPoolEvents } from './lifeguard-pool-events.ts';
import type { PgConnection } from './pg-connection.ts';
import { PendingCalls } from './pending-calls.ts';
import { PgConnector } from './pg-connector.ts';
import { terminateDead } from './orphans.ts';
import { PG_POOL_TEXT, rejectAsPgPool } from './pg-pool-errors.ts';
import { toConnectorOptions, toPoolOptions } from './pool-config.ts';
import type { LifeguardPoolOptions } from './pool-config.ts';
import { queryByPool } from './query-by-pool.ts';
import { driverOf } from './query-once.ts';
import { hideSecrets } from './redact.ts';
import { poolCounts } from './pool-counts.ts';
import { poolerNotes } from './pooler-notes.ts';
import { leaveDemoted } from './standby-watch.ts';
import { tellListeners } from './tell-listeners.ts';

ignoreFramesBeside(import.meta, 'lifeguard-pool');

const NO_OPTIONS: AcquireOptions = Object.freeze({});

/**
 * A drop-in for `new pg.Pool(...)` that knows who holds each connection: the same options, methods, callbacks, events and
 * error texts, and `instanceof pg.Pool`. What is different on purpose is listed in `docs/compatibility.md`.
 *
 * All of pg.Pool's interface is in this one file, so that it can be held against pg-pool's; what is behind it is elsewhere.
 * Beyond `pg.Pool` it has {@link LifeguardPool.lease}, {@link LifeguardPool.use}, {@link LifeguardPool.snapshot},
 * {@link LifeguardPool.close}, and its own events among {@link LifeguardPoolEvents}.
 *
 * @example
 * const pool = new LifeguardPool({ connectionString: process.env.DATABASE_URL, max: 10 });
 * pool.on('leak', (report) => console.warn(formatLeakReport(report)));
 */
export class LifeguardPool extends pg.Pool implements AsyncDisposable {
  readonly #pool: Pool<PgConnection>;
  readonly #connector: PgConnector;
  /** Calls of `connect` and `query` that have no connection yet. */
  readonly #expecting = new PendingCalls();
  /** It is among the pools of this process no more. */
  readonly #withdraw: () => void;

  constructor(options: LifeguardPoolOptions = {}, Client?: unknown) {
    const chosen = options.Client ?? Client ?? pg.Client;
    super({ ...options, Client: chosen } as pg.PoolConfig);
    hideSecrets(this.options);
    const coreOptions = toPoolOptions(options);
    this.#connector = new PgConnector({
      Client: chosen as ClientClass,
      // The pool bounds the connect; pg's own timer would say less. Keepalive: a peer that vanished is noticed.
      clientOptions: { keepAlive: true, ...options, connectionTimeoutMillis: 0 },
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      ...toConnectorOptions(options),
      poolerListener: poolerNotes(() => this.#pool.options, options.sessionState),
      prepare: (client) => this.#prepare(client, options),
      onLend: (client) => this.#lent(client, options.allowExitOnIdle === true),
      onIdleError: (error, client) => this.#tellIdleError(error, client),
      onDemoted: () => leaveDemoted(this, this.#pool.options.logger),
    });
    this.#pool = new Pool(this.#connector, coreOptions);
    this.#noteMax();
    this.#forwardEvents(options.allowExitOnIdle === true);
    this.#withdraw = announcePool(this);
  }

  static {
    // Defined, not overridden: pg's types describe these as properties, or by overloads that no signature can repeat.
    defineMembers(this.prototype, {
      query: {
        value(this: LifeguardPool, ...args: unknown[]) {
          return queryByPool(
            args,
            () => this.#checkout(),
            (result) => this.#promise(result),
          );
        },
      },
      ...poolCounts((instance: LifeguardPool) => instance.#pool),
    });
  }

  get name(): string {
    return this.#pool.name;
  }

  /** Knows who holds the connections of this pool. */
  get tracker(): LeaseTracker {
    return this.#pool.tracker;
  }

  /**
   * Whether a pooler such as PgBouncer stands between this pool and the server: `undefined` until a connection has told (see
   * the option `pooler`).
   */
  get behindPooler(): boolean | undefined {
    return this.#connector.behindPooler;
  }

  /** Limit, in milliseconds, of managed sessions on this pool that name none. */
  get sessionTimeoutMs(): number {
    return this.#pool.options.sessionTimeoutMs;
  }

  /**
   * Borrows a connection as pg-pool does: the client object is the same at each checkout, and must be given back by its
   * `release()`. Prefer {@link LifeguardPool.lease}: it catches use after release in every case.
   */
  override connect(): Promise<PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<PoolClient> | undefined {
    const checkout = this.#checkout();
    if (callback === undefined) return this.#promise(checkout);
    const bound = inCallersContext(callback);
    // In a tick of its own: what a callback throws is uncaught, not a rejection of ours.
    checkout.then(
      (client) => process.nextTick(bound, undefined, client, driverOf(client).release),
      (error: Error) => process.nextTick(bound, error, undefined, () => undefined),
    );
    return undefined;
  }

  /**
   * Borrows a connection, as a fresh handle. Rejects with our own errors: `LG_ACQUIRE_TIMEOUT`, `LG_CONNECT_FAILED`,
   * `LG_QUEUE_FULL`, `LG_OVERLOADED`, `LG_POOL_CLOSED`; or with the reason of an aborted signal or session.
   */
  lease(options: AcquireOptions = NO_OPTIONS): Promise<ClientLease> {
    return this.#acquire(this.#asLease, options);
  }

  /**
   * Borrows a connection for `fn`, and gives it back whatever happens. What `fn` acquires besides is known to be nested: it
   * is warned of (`nestedAcquire`), and a deadlock that comes of it ends at once with `LG_POOL_DEADLOCK`.
   */
  async use<T>(fn: (lease: ClientLease) => Promise<T> | T, options?: AcquireOptions): Promise<T> {
    await using lease = await this.lease(options);
    return await whileHolding(lease.record, () => fn(lease));
  }

  /** As `pg.Pool`, with our events as well. */
  override on<Name extends keyof LifeguardPoolEvents>(
    event: Name,
    listener: (...payload: LifeguardPoolEvents[Name]) => unknown,
  ): this;
  override on(event: string | symbol, listener: (...payload: never[]) => unknown): this;
  override on(event: string | symbol, listener: (...payload: never[]) => unknown): this {
    return super.on(event as never, listener as never);
  }

  /** Everything about the pool at this moment; needs no connection. */
  snapshot(): PoolSnapshot {
    return this.#pool.snapshot();
  }

  /** What can be said without a look at each holder and waiter: no stack is read for it. For whoever asks often. */
  glance(): PoolGlance {
    return this.#pool.glance();
  }

  /** Samples of the recent past, five seconds apart while connections are in use, and one of now; for `getPoolDiagnostics`. */
  history(): readonly PoolSample[] {
    return this.#pool.history();
  }

  /** Tells of each duration that the snapshot counts, right after; call what it returns to stop. For `@lifeguard/metrics`. */
  observeDurations(listener: DurationListener): () => void {
    return this.#pool.observeDurations(listener);
  }

  /** Whether the server answers within `timeoutMs` milliseconds, on a connection that is taken with priority `high`. Never rejects. */
  checkHealth(timeoutMs: number): Promise<PoolReadiness> {
    return this.#pool.checkHealth(timeoutMs);
  }

  /** As {@link getPoolDiagnostics}: what is wrong with this pool, and what to do about it. Asks the server nothing. */
  diagnostics(server?: ServerFacts): PoolDiagnostics {
    return getPoolDiagnostics(this, server);
  }

  /** Replaces all connections: idle ones now, leased ones when they come back. */
  evict(): void {
    this.#pool.evict();
  }

  /**
   * Takes back at once the leases that have been reported and may be taken back, also where the policy is to report only.
   * One whose query runs, or that only is slow, stays. Returns how many.
   */
  reclaim(): number {
    return this.#pool.reclaim();
  }

  /**
   * Asks the server to stop what this lease runs now, as `cancel()` of a lease does: for adapters, whose leases are in the hands of
   * a library. Resolves when the server has taken the request; does nothing when nothing runs, or the lease is over.
   */
  cancelQuery(record: LeaseRecord): Promise<void> {
    return cancelRunning(this.#pool, record);
  }

  /**
   * Changes how many connections there may be, at once and without taking one from a holder: of fewer, idle ones are closed now
   * and leased ones when they come back. Throws `LG_INVALID_OPTION`, and then nothing has changed.
   */
  resize(to: PoolSize): void {
    this.#pool.resize(to);
    this.#noteMax();
  }

  /**
   * Ends the backends that processes which certainly do not run any more have left in the server (see {@link findOrphans}).
   * Returns how many those were. Rejects with `LG_UNSUPPORTED` behind a pooler, or with the error of the query.
   */
  terminateOrphans(): Promise<number> {
    return terminateDead(this);
  }

  /** Grants nothing until {@link LifeguardPool.resume}; callers wait, up to their deadline. */
  suspend(): void {
    this.#pool.suspend();
  }

  resume(): void {
    this.#pool.resume();
  }

  /**
   * Turns waiters away at once, lets holders finish for `drainMs` (30 s unless set), takes back what is left, and says so.
   * Calling it again returns the same promise.
   */
  close(options?: { readonly drainMs?: number }): Promise<CloseReport> {
    const closing = this.#pool.close(options);
    // It refuses an invalid option, and then goes on.
    if (this.#pool.isClosing) Object.assign(this, { ending: true });
    return closing.then((report) => {
      Object.assign(this, { ended: true });
      this.#withdraw();
      return report;
    });
  }

  /**
   * As {@link LifeguardPool.close}, in the form of pg-pool: callers that wait already are served first, new ones are
   * turned away, and a second call is an error.
   */
  override end(): Promise<void>;
  override end(callback: (error?: Error) => void): void;
  override end(callback?: (error?: Error) => void): Promise<void> | undefined {
    const ended = this.ending ? Promise.reject(new Error(PG_POOL_TEXT.endedTwice)) : this.#finish();
    if (callback === undefined) return this.#promise(ended);
    ended.then(
      () => process.nextTick(callback),
      (error: Error) => process.nextTick(callback, error),
    );
    return undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close().then(() => undefined);
  }

  toJSON(): PoolSnapshot {
    return this.snapshot();
  }

  /** Others read it there, such as OpenTelemetry's instrumentation of pg. */
  #noteMax(): void {
    this.options.max = this.#pool.counts().max;
  }

  #checkout(): Promise<PoolClient> {
    return this.#acquire(this.#asClient, NO_OPTIONS);
  }

  readonly #asClient: LeaseTaker<PgConnection, PoolClient> = this.#taker(
    (lease) => this.#handOut(lease),
    rejectAsPgPool,
  );

  readonly #asLease: LeaseTaker<PgConnection, ClientLease> = this.#taker(
    (lease) => new ClientLease(lease, this.#pool.options.clock),
    (error) => Promise.reject(error),
  );

  #taker<T>(
    make: (lease: Lease<PgConnection>) => T,
    reject: (error: unknown) => Promise<never>,
  ): LeaseTaker<PgConnection, T> {
    return {
      granted: (lease) => {
        this.#expecting.ended();
        return make(lease);
      },
      refused: (error) => {
        this.#expecting.ended();
        return reject(error);
      },
    };
  }

  #acquire<T>(taker: LeaseTaker<PgConnection, T>, options: AcquireOptions): Promise<T> {
    this.#expecting.began();
    // While `end` still serves who came before it, the pool itself is open.
    if (this.ending) return taker.refused?.(new PoolClosedError(this.name)) as Promise<never>;
    return this.#pool.acquireAs(taker, options);
  }

  /** In the class that the caller has asked for (`Promise`, an option that pg will drop). */
  #promise<T>(promise: Promise<T>): Promise<T> {
    const { Promise: Chosen } = this as unknown as { Promise: PromiseConstructor };
    return Chosen === Promise ? promise : Chosen.resolve(promise);
  }

  /** Serves who waits, for at most `drainMs`, and closes. */
  async #finish(): Promise<void> {
    Object.assign(this, { ending: true });
    const { clock, drainMs } = this.#pool.options;
    const closeBy = clock.now() + drainMs;
    await this.#expecting.whenNone(clock, drainMs);
    await this.close({ drainMs: Math.max(0, closeBy - clock.now()) });
  }

  #handOut(lease: Lease<PgConnection>): PoolClient {
    const { client } = lease.connection;
    let released = false;
    client.release = (destroy) => {
      if (released) throw new Error(PG_POOL_TEXT.releasedTwice);
      released = true;
      client._poolUseCount = (client._poolUseCount ?? 0) + 1;
      if (this.listenerCount('release') > 0) this.#tell('release', destroy, client);
      // Both do nothing when the lease was revoked meanwhile.
      if (destroy) lease.destroy();
      else lease.release();
    };
    // What DriverClient describes is the part of PoolClient that we use.
    return client as unknown as PoolClient;
  }

  async #prepare(client: DriverClient, { onConnect, verify }: LifeguardPoolOptions): Promise<void> {
    if (onConnect != null) await onConnect(client);
    this.#tell('connect', client);
    if (verify == null) return;
    await new Promise<void>((resolve, reject) => {
      verify(client, (error) => (error == null ? resolve() : reject(error)));
    });
  }

  /** Not by the event of the core's pool, which would be made for each acquire and told to nobody. */
  #lent(client: DriverClient, allowExitOnIdle: boolean): void {
    if (allowExitOnIdle) client.ref?.();
    if (this.listenerCount('acquire') > 0) this.#tell('acquire', client);
  }

  #forwardEvents(allowExitOnIdle: boolean): void {
    if (allowExitOnIdle) this.#pool.on('release', ({ connection: { client } }) => client.unref?.());
    this.#pool.on('close', ({ connection: { client } }) => this.#tell('remove', client));
    for (const event of FORWARDED) this.#pool.on(event, (payload) => this.#tell(event, payload));
  }

  /** As pg-pool; but without a listener nothing is thrown: the connection is gone and replaced, nobody needs to die. */
  #tellIdleError(error: Error, client: DriverClient): void {
    Object.defineProperty(error, 'client', { value: client, configurable: true });
    this.#tell('error', error, client);
  }

  #tell(event: string, ...payload: unknown[]): void {
    tellListeners(this, event, payload, this.#pool.options.logger);
  }
}
