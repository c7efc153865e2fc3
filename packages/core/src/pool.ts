// oxlint-disable max-lines -- see the comment at the class.
import { priorityOf, tenantOf } from './acquire-account.ts';
import type { AcquireAccount } from './acquire-account.ts';
import { AcquireQueue } from './acquire-queue.ts';
import { getPoolDiagnostics } from './advice/get-pool-diagnostics.ts';
import type { PoolDiagnostics } from './advice/pool-diagnostics.ts';
import type { PoolSample } from './advice/pool-history.ts';
import type { ServerFacts } from './advice/server-facts.ts';
import type { QueueLine } from './acquire-queue.ts';
import { BoundedRunner } from './bounded.ts';
import type { Clock } from './clock.ts';
import { ConnectionCare } from './connection-care.ts';
import { ConnectionCloser } from './connection-closer.ts';
import { ConnectionOpener } from './connection-opener.ts';
import type { Cleanliness, CloseOutcome, Connector, ServerLimit } from './connector.ts';
import { poolDeadlockError } from './deadlock-error.ts';
import { DeadlockDetector } from './deadlock-detector.ts';
import type { DeadlockScope } from './deadlock-detector.ts';
import type { DurationListener } from './duration-feed.ts';
import { PoolClosedError } from './errors.ts';
import type { RevokeReason } from './errors.ts';
import { checkPool } from './health/check-pool.ts';
import type { PoolReadiness } from './health/readiness.ts';
import { whileHolding } from './holding.ts';
import { assertInvariants } from './invariants.ts';
import { connectionLostError, leaseRevokedError } from './lease-errors.ts';
import type { LeaseOrigin, LeaseRecord } from './lease-record.ts';
import { AS_LEASE } from './lease-taker.ts';
import type { LeaseTaker } from './lease-taker.ts';
import { LeaseTracker } from './lease-tracker.ts';
import { NestedAcquires, innermostHeld } from './nested-acquire.ts';
import type { NestedAcquirePolicy } from './nested-acquire.ts';
import { Lease } from './lease.ts';
import { PoolEntries } from './pool-entries.ts';
import { PoolEntry } from './pool-entry.ts';
import type { CloseReason, EntryHost } from './pool-entry.ts';
import type { PoolEvents } from './pool-events.ts';
import { PoolJournal } from './pool-journal.ts';
import type { PoolOptions, ResolvedPoolOptions } from './pool-options.ts';
import type { PoolParts } from './pool-parts.ts';
import { PoolView } from './pool-view.ts';
import { PoolCapacity, resized } from './pool-capacity.ts';
import type { PoolSize } from './pool-capacity.ts';
import { ControlledPolicy, FIFO } from './queue-policy.ts';
import { mayReclaim } from './reclaimer.ts';
import { invalidDuration, invalidName, invalidPriority, resolvePoolOptions } from './resolve-pool-options.ts';
import { reasonOf } from './session.ts';
import type { Session } from './session.ts';
import { Refusals } from './refusals.ts';
import type { PoolCounts, PoolSnapshot } from './snapshot.ts';
import type { PoolGlance } from './pool-glance.ts';
import { TimerWheel } from './timer-wheel.ts';
import type { Waiter } from './waiter.ts';
import type { Writable } from './writable.ts';

/** How one acquire may differ from the pool's options. */
export interface AcquireOptions extends AcquireAccount {
  /**
   * Ends the wait when it aborts; `acquire` then rejects with `signal.reason`. A lease that is still open a while after is
   * `orphaned`: whoever wanted it has gone.
   */
  readonly signal?: AbortSignal;
  /** Milliseconds, in place of the pool's `acquireTimeoutMs`. */
  readonly timeoutMs?: number;
  /** Shown in place of the line of code, where that would say nothing (a job runner, a proxy). */
  readonly label?: string;
  /**
   * Milliseconds, in place of `leakThresholdMs` and `idleThresholdMs` for this lease; `Infinity` for work that is meant to
   * be long.
   */
  readonly leakThresholdMs?: number;
  /** In place of the pool's `nestedAcquire`. */
  readonly nestedAcquire?: NestedAcquirePolicy;
}

/** How a close ended. */
export interface CloseReport {
  /** Leases that were open when it began. */
  readonly draining: number;
  /** Of these, how many were taken back because the time was up. */
  readonly revoked: number;
  /** Connections whose backend may live on. */
  readonly lost: number;
}

type PoolState =
  | { readonly kind: 'open' }
  | { readonly kind: 'suspended' }
  | { readonly kind: 'closing' | 'closed'; readonly report: Promise<CloseReport> };

const OPEN: PoolState = Object.freeze({ kind: 'open' });
const SUSPENDED: PoolState = Object.freeze({ kind: 'suspended' });
const RELEASED = Object.freeze({ kind: 'released' } as const);
const NO_OPTIONS: AcquireOptions = Object.freeze({});

/**
 * Owns connections and lends them. State changes synchronously, here and in the three parts that this class is made of
 * (how a connection begins, how it is cared for while nobody holds it, how it ends): between reading and writing it there
 * is no `await`, which is all the locking there is. Every step ends in {@link Pool.#pump}, which is what keeps anybody
 * from waiting while a connection is idle or may be opened.
 *
 * The file is longer than the house rule allows, because its arrows call each other. What can be decided without changing
 * state lives elsewhere.
 */
export class Pool<C> implements AsyncDisposable {
  readonly name: string;
  /** The options in force; another object after a {@link Pool.resize}. */
  readonly options: ResolvedPoolOptions;
  readonly tracker: LeaseTracker;
  readonly #connector: Connector<C>;
  readonly #clock: Clock;
  readonly #capacity: PoolCapacity;
  readonly #entries = new PoolEntries<C>();
  readonly #queue: AcquireQueue<Lease<C>>;
  /** Where those wait, and on whose account those lease, who say nothing. */
  readonly #commonLine: QueueLine<Lease<C>>;
  readonly #journal: PoolJournal<C>;
  readonly #wheel: TimerWheel;
  readonly #opener: ConnectionOpener<C>;
  readonly #care: ConnectionCare<C>;
  readonly #closer: ConnectionCloser<C>;
  readonly #nested: NestedAcquires;
  readonly #view: PoolView<C>;
  readonly #refusals: Refusals<C>;
  readonly #deadlocks: DeadlockDetector<Lease<C>>;
  #thaws: number;
  #state: PoolState = OPEN;
  #generation = 0;
  #onDrained: (() => void) | undefined;

  constructor(connector: Connector<C>, options: PoolOptions = {}) {
    this.options = resolvePoolOptions(options);
    this.name = this.options.name;
    this.#connector = connector;
    this.#clock = this.options.clock;
    this.#capacity = new PoolCapacity(this.options);
    this.#journal = new PoolJournal(this.name, this.options.logger);
    const onStall = (lateMs: number): void => this.#journal.stalled(this.#clock.now(), lateMs);
    this.#queue = this.#makeQueue(onStall);
    this.#commonLine = this.#queue.common;
    this.#wheel = new TimerWheel(this.#clock, { onStall });
    this.#closer = this.#makeCloser();
    this.#opener = this.#makeOpener();
    this.#care = this.#makeCare();
    this.tracker = this.#makeTracker();
    this.#nested = new NestedAcquires(this.name, this.#clock, this.options.reportIntervalMs);
    this.#view = this.#makeView();
    this.#refusals = this.#makeRefusals();
    this.#deadlocks = this.#makeDeadlockDetector();
    this.#thaws = this.#clock.loop.thaws;
    if (this.options.minIdle > 0) this.#pump();
  }

  /** Whether it takes no callers any more. */
  get isClosing(): boolean {
    return this.#state.kind === 'closing' || this.#state.kind === 'closed';
  }

  /** Adds a listener; call what it returns to remove it. A listener that throws changes nothing and crashes nothing. */
  on<Name extends keyof PoolEvents<C>>(
    name: Name,
    listener: (payload: PoolEvents<C>[Name]) => unknown,
  ): () => void {
    return this.#journal.on(name, listener);
  }

  /**
   * Tells of each duration that the snapshot's `waitTime`, `useTime` and `createTime` count, once what it was part of is over;
   * call what it returns to stop. For whoever keeps histograms of their own.
   */
  observeDurations(listener: DurationListener): () => void {
    return this.#journal.observeDurations(listener);
  }

  /**
   * Borrows a connection. Rejects with `LG_ACQUIRE_TIMEOUT`, `LG_CONNECT_FAILED` (also `…_TIMEOUT`, `LG_SERVER_REFUSED`),
   * `LG_QUEUE_FULL`, `LG_OVERLOADED`, `LG_POOL_CLOSED`, with the reason of an aborted signal, or with the error that ended the session it
   * was called in; and in any case by its deadline.
   */
  acquire(options: AcquireOptions = NO_OPTIONS): Promise<Lease<C>> {
    return this.acquireAs(AS_LEASE as LeaseTaker<C, Lease<C>>, options);
  }

  /** As {@link Pool.acquire}; what the caller gets is made by `taker`. */
  acquireAs<T>(taker: LeaseTaker<C, T>, options: AcquireOptions = NO_OPTIONS): Promise<T> {
    if (options !== NO_OPTIONS) {
      const invalid = invalidAcquire(options);
      if (invalid !== undefined) return this.#refuse(taker, invalid);
    }
    // These two tell listeners, who may abort or close whatever is looked at below.
    this.#noteThaw();
    const origin = options === NO_OPTIONS ? this.tracker.origin() : this.tracker.origin(options);
    if (origin.holding !== undefined) {
      const refused = this.#noteNested(origin, options.nestedAcquire ?? this.options.nestedAcquire);
      if (refused !== undefined) return this.#refuse(taker, refused);
    }
    if (options.signal?.aborted === true) return this.#refuse(taker, reasonOf(options.signal));
    if (this.isClosing) return this.#refuse(taker, new PoolClosedError(this.name));
    if (origin.session !== undefined && origin.session.state !== 'open')
      return this.#refuse(taker, reasonOf(origin.session.signal));
    const line = this.#lineFor(options, origin.session);
    if (this.#queue.length === 0 && this.#state === OPEN && this.#queue.admits(line)) {
      const entry = this.#takeReady();
      if (entry !== undefined) {
        const lease = this.#grant(entry, line, origin, 0);
        if (this.options.minIdle > 0) this.#pump();
        return Promise.resolve(taker.granted(lease));
      }
    }
    return this.#enqueue(taker, line, origin, options);
  }

  /** The connection of an open lease; `undefined` when it is over, or of another pool. For what is to be done to it from aside. */
  connectionOf(record: LeaseRecord): C | undefined {
    const { owner } = record;
    return owner instanceof PoolEntry && this.tracker.tracks(record)
      ? (owner as PoolEntry<C>).connection
      : undefined;
  }

  /** Borrows a connection for `fn` and gives it back whatever happens. A failing `fn` does not condemn the connection. */
  async use<T>(fn: (connection: C, lease: Lease<C>) => Promise<T> | T, options?: AcquireOptions): Promise<T> {
    const lease = await this.acquire(options);
    try {
      return await whileHolding(lease.record, () => fn(lease.connection, lease));
    } finally {
      lease.release();
    }
  }

  /** Replaces all connections opened so far: idle ones now, leased ones when they come back. */
  evict(): void {
    this.#generation += 1;
    // One by one from the end: closing one may take others with it (a tunnel, a proxy).
    for (let entry = this.#entries.newestIdle; entry; entry = this.#entries.newestIdle) {
      this.#closer.retire(entry, 'evicted');
    }
    this.#pump();
  }

  /**
   * Takes back at once the leases that have been reported and may be taken back, also where the policy is to report only: for
   * somebody who has read the report. One whose query runs, or that only is slow, stays. Returns how many.
   */
  reclaim(): number {
    return this.#revokeLeaked(() => Infinity, { now: this.#clock.coarseNow(), sweep: Infinity });
  }

  /**
   * Changes how many connections there may be, at once: for more, those who wait are served; for fewer, idle ones above `max` are
   * closed now and leased ones when they come back, so that nobody loses one. What is idle above the base size stays for
   * `overflowLingerMs`, as ever. Throws `LG_INVALID_OPTION`, and then nothing has changed.
   */
  resize(to: PoolSize): void {
    const options = resized(this.options, to);
    (this as Writable<Pick<this, 'options'>>).options = options;
    this.#capacity.change(options, Math.max(this.#entries.occupied, this.#entries.count('lost')));
    for (const entry of [...this.#entries.idle()]) {
      // Closing one may have taken others with it.
      if (entry.state !== 'idle') continue;
      if (this.#surplus > 0) this.#closer.retire(entry, 'overflow');
      else this.#care.watch(entry);
    }
    this.#pump();
  }

  /** Grants nothing until {@link Pool.resume}; callers wait, up to their deadline. */
  suspend(): void {
    if (this.#state === OPEN) this.#state = SUSPENDED;
  }

  resume(): void {
    if (this.#state !== SUSPENDED) return;
    this.#state = OPEN;
    this.#noteThaw();
    this.#pump();
  }

  /**
   * Turns every waiter away at once, lets holders finish for `drainMs`, then takes their leases back; resolves when the
   * last connection is closed. Calling it again returns the same promise.
   */
  close(options: { readonly drainMs?: number } = {}): Promise<CloseReport> {
    if (this.#state.kind === 'closing' || this.#state.kind === 'closed') return this.#state.report;
    const invalid = invalidDuration('drainMs', options.drainMs);
    if (invalid !== undefined) return Promise.reject(invalid);
    const { promise, resolve } = Promise.withResolvers<CloseReport>();
    this.#state = { kind: 'closing', report: promise };
    const draining = this.#entries.count('leased');
    const revokedBefore = this.#journal.counters.revoked;
    this.#onDrained = () => {
      this.#state = { kind: 'closed', report: promise };
      this.tracker.stop();
      this.#care.stop();
      this.#opener.stop();
      const revoked = this.#journal.counters.revoked - revokedBefore;
      resolve(Object.freeze({ draining, revoked, lost: this.#entries.count('lost') }));
    };
    this.#journal.refused(this.#queue.turnAllAway(() => new PoolClosedError(this.name)));
    for (const entry of [...this.#entries]) {
      if (entry.state === 'connecting') this.#opener.abandon(entry, new PoolClosedError(this.name));
      if (entry.state === 'idle') this.#closer.retire(entry, 'pool-closed');
    }
    this.#revokeAllIn(options.drainMs ?? this.options.drainMs);
    this.#checkDrained();
    return promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close().then(() => undefined);
  }

  /** How many connections are in which state now. */
  counts(): PoolCounts {
    return this.#view.counts();
  }

  /** Leased connections that are past their lifetime and will be closed when they come back. */
  countExpired(): number {
    const now = this.#clock.coarseNow();
    let expired = 0;
    for (const entry of this.#entries) if (entry.state === 'leased' && now >= entry.expiresAt) expired += 1;
    return expired;
  }

  /** Everything about the pool at this moment. Needs no connection and takes no lock. */
  snapshot(): PoolSnapshot {
    return this.#view.snapshot();
  }

  /** What can be said without a look at each holder and waiter: no stack is read for it. For whoever asks often. */
  glance(): PoolGlance {
    return this.#view.glance();
  }

  /** Samples of the recent past, five seconds apart while connections are in use, and one of now. */
  history(): readonly PoolSample[] {
    return this.#view.history();
  }

  /** As {@link getPoolDiagnostics}: what is wrong with this pool, and what to do about it. Asks the server nothing. */
  diagnostics(server?: ServerFacts): PoolDiagnostics {
    return getPoolDiagnostics(this, server);
  }

  /**
   * Whether the pool can serve: takes a connection with priority `high`, within `timeoutMs` milliseconds, and pings it. Never
   * rejects. See {@link DatabaseHealth} for what makes an endpoint of it.
   */
  checkHealth(timeoutMs: number): Promise<PoolReadiness> {
    return checkPool(
      {
        ...this.#parts(),
        counts: () => this.counts(),
        acquire: (options) => this.acquire(options),
        ping: (connection) => this.#connector.ping(connection),
      },
      timeoutMs,
    );
  }

  /** Counts everything again and throws `LG_BUG` where an invariant of ARCHITECTURE.md does not hold; for tests. */
  audit(): void {
    this.#entries.audit();
    assertInvariants({
      counts: this.counts(),
      isOpen: this.#state === OPEN,
      isClosing: this.isClosing,
      occupied: this.#entries.occupied,
      ceiling: this.#capacity.ceiling,
      leases: this.tracker.used,
      servable: this.#queue.servable,
      pinging: this.#entries.count('pinging'),
      couldOpen: this.#opener.mayOpen() ? Math.max(0, this.#uncovered()) : 0,
    });
  }

  // --- granting -----------------------------------------------------------------------------------------------------

  #refuse(taker: LeaseTaker<C, unknown>, error: unknown): Promise<never> {
    this.#journal.refused(1);
    return reject(taker, error);
  }

  /** The account of a caller: its priority, and the tenant it acts for. */
  #lineFor(options: AcquireOptions, session: Session | undefined): QueueLine<Lease<C>> {
    if (options === NO_OPTIONS && session === undefined) return this.#commonLine;
    return this.#queue.line(priorityOf(options, session), tenantOf(options, session, this.options.tenantTag));
  }

  #enqueue<T>(
    taker: LeaseTaker<C, T>,
    line: QueueLine<Lease<C>>,
    origin: LeaseOrigin,
    options: AcquireOptions,
  ): Promise<T> {
    const refused = this.#whyNotQueued(line, origin);
    if (refused !== undefined) {
      this.#queue.forget(line);
      return reject(taker, refused);
    }
    const timeoutMs = options.timeoutMs ?? this.options.acquireTimeoutMs;
    const enqueuedAt = this.#clock.coarseNow();
    const request = { origin, enqueuedAt, timeoutMs, signals: signalsOf(origin), taker };
    const waiting = this.#queue.enqueue(request, line).wait() as Promise<T>;
    this.#pump();
    if (origin.holding !== undefined) this.#deadlocks.check();
    return waiting;
  }

  /** The error for a caller that need not begin to wait, counted. */
  #whyNotQueued(line: QueueLine<Lease<C>>, origin: LeaseOrigin): Error | undefined {
    if (this.#entries.live === 0 && this.#opener.isHopeless) {
      this.#journal.refused(1);
      return this.#opener.error(this.counts());
    }
    if (this.#queue.isExcess(line)) {
      const error = this.#refusals.shed(line, origin, 'excess', 0);
      this.#journal.shed(error);
      return error;
    }
    // Whom connections are reserved for must not be kept from them by those who wait for the others.
    const waiting = line.rank === 0 ? this.#queue.waitingUpTo(line) : this.#queue.length;
    const unleased = Math.max(0, this.#capacity.max - this.#entries.leased);
    if (waiting < this.options.maxWaiting + unleased) return undefined;
    this.#journal.refused(1);
    return this.#refusals.queueFull(origin);
  }

  /** The caller holds a connection of this pool already. The error, where that is forbidden. */
  #noteNested(origin: LeaseOrigin, policy: NestedAcquirePolicy): Error | undefined {
    const held = innermostHeld(origin, (record) => this.tracker.tracks(record));
    if (held === undefined) return undefined;
    this.#nested.counted();
    if (policy === 'error') return this.#nested.error(origin, held);
    // Without its line the warning says too little; there will be another one.
    if (policy === 'off' || this.tracker.siteOf(origin) === undefined) return undefined;
    const report = this.#nested.report(origin, held);
    if (report !== undefined) this.#journal.nested(report);
    return undefined;
  }

  /** After the process stood still, what was known of the other ends of sockets is worth nothing. */
  #noteThaw(): void {
    const { thaws } = this.#clock.loop;
    if (thaws === this.#thaws) return;
    this.#thaws = thaws;
    // Softly: a ping decides. Where there is none, only a new connection is sure.
    if (this.options.prePing) for (const entry of this.#entries) entry.provenAt = -Infinity;
    else this.evict();
    this.#journal.thawed(thaws);
  }

  /** An idle connection that can be granted as it is. Closes those it comes by that are over their time. */
  #takeReady(): PoolEntry<C> | undefined {
    const now = this.#clock.coarseNow();
    for (let entry = this.#entries.newestIdle; entry !== undefined; entry = this.#entries.newestIdle) {
      const reason = this.#outdated(entry, now);
      if (reason === undefined) return this.#needsPing(entry, now) ? undefined : entry;
      this.#closer.retire(entry, reason);
    }
    return undefined;
  }

  #needsPing(entry: PoolEntry<C>, now: number): boolean {
    return this.options.prePing && now - entry.provenAt > this.options.pingAfterIdleMs;
  }

  #outdated(entry: PoolEntry<C>, now: number): CloseReason | undefined {
    if (entry.generation !== this.#generation) return 'evicted';
    return now >= entry.expiresAt ? 'max-lifetime' : undefined;
  }

  #grant(entry: PoolEntry<C>, line: QueueLine<Lease<C>>, origin: LeaseOrigin, waitedMs: number): Lease<C> {
    this.#entries.lend(entry);
    if (line !== this.#commonLine) {
      this.#queue.taken(line);
      entry.line = line;
    }
    entry.uses += 1;
    const record = this.tracker.open(entry, origin);
    entry.record = record;
    const connection = entry.connection as C;
    this.#lend(connection, record);
    this.#journal.granted(connection, record, waitedMs);
    const lease = new Lease(entry, record);
    record.handle = lease;
    return lease;
  }

  #lend(connection: C, record: LeaseRecord): void {
    try {
      this.#connector.lend?.(connection, record);
    } catch (failure) {
      this.#journal.failed('connector.lend', failure);
    }
  }

  /** Serves whoever can be served, and sets in motion what the others need. Called after every change that may help. */
  #pump(): void {
    // Where some are kept for others, who waits may be given one that has been idle since before the process stood still.
    if (this.options.reserved > 0) this.#noteThaw();
    // Asked after each grant as well: whoever is told of it may suspend or close the pool.
    while (this.#state === OPEN && this.#queue.servable > 0) {
      const entry = this.#takeReady();
      if (entry === undefined) break;
      const waiter = this.#queue.take();
      waiter.grant(
        this.#grant(entry, waiter.line, waiter.origin, this.#clock.coarseNow() - waiter.enqueuedAt),
      );
    }
    if (this.#state !== OPEN) return;
    // What is still idle has not been heard of for a while.
    for (let missing = this.#queue.servable - this.#entries.pinging; missing > 0; missing -= 1) {
      const entry = this.#entries.newestIdle;
      if (entry === undefined) break;
      this.#care.verify(entry);
    }
    while (this.#uncovered() > 0 && this.#opener.mayOpen()) this.#opener.open(this.#generation);
    if (this.#uncovered() > 0) this.#opener.retryLater();
  }

  /** How many more connections are wanted than are on their way: for waiters, who are not bound to one, and for `minIdle`. */
  #uncovered(waiting = this.#queue.servable): number {
    const wanted = Math.max(waiting, this.options.minIdle - this.#entries.idling);
    return wanted - this.#entries.connecting - this.#entries.beingCaredFor;
  }

  // --- turning away -------------------------------------------------------------------------------------------------

  #timedOut(waiter: Waiter<Lease<C>>): void {
    const error = this.#refusals.timeout(waiter);
    const waitedMs = Math.max(waiter.timeoutMs, this.#clock.coarseNow() - waiter.enqueuedAt);
    this.#queue.turnAway(waiter, error);
    this.#journal.timedOut(error, waitedMs, waiter.origin);
  }

  /** What is left of its session would not do for a lease; so its connection is better used by somebody else. */
  #hopeless(waiter: Waiter<Lease<C>>): void {
    const waitedMs = Math.round(this.#clock.coarseNow() - waiter.enqueuedAt);
    const error = this.#refusals.shed(waiter.line, waiter.origin, 'session-too-short', waitedMs);
    // Before anybody is told, who may abort it or close the pool: it leaves the queue once.
    this.#queue.turnAway(waiter, error);
    this.#journal.shed(error);
  }

  #aborted(waiter: Waiter<Lease<C>>, reason: unknown): void {
    this.#queue.turnAway(waiter, reason);
    this.#journal.aborted(reason);
  }

  /** Whether waiters hear of a failed connect now, or wait for the next attempt; see `retryConnect`. */
  #tellWaiters(error: unknown): void {
    if (this.options.retryConnect && !this.#opener.isFatal(error)) return;
    const connectError = this.#opener.error(this.counts());
    if (this.#entries.live === 0) {
      this.#journal.refused(this.#queue.turnAllAway(() => connectError));
      return;
    }
    const { oldest } = this.#queue;
    if (oldest === undefined) return;
    this.#queue.turnAway(oldest, connectError);
    this.#journal.refused(1);
  }

  // --- taking back --------------------------------------------------------------------------------------------------

  #release(entry: PoolEntry<C>, record: LeaseRecord, destroy: boolean): void {
    if (!this.tracker.close(record, RELEASED)) return this.tracker.releasedAfterRevocation(record);
    if (this.#queue.length > 0) this.#queue.released(this.#clock.coarseNow() - record.openedAt);
    // Unless a listener of "returned-late" has ended the connection.
    if (entry.record === record) this.#takeBack(entry, destroy);
    this.#journal.released(entry.connection as C, record, destroy);
    this.#offer(entry);
  }

  /** The lease of this entry is over: it is on nobody's account any more. */
  #vacate(entry: PoolEntry<C>): void {
    entry.record = undefined;
    if (entry.line === undefined) return;
    this.#queue.left(entry.line);
    entry.line = undefined;
  }

  #takeBack(entry: PoolEntry<C>, destroy: boolean): void {
    this.#vacate(entry);
    if (destroy) return this.#closer.retire(entry, 'destroyed');
    const cleanliness = this.#inspect(entry);
    if (cleanliness === 'broken') return this.#closer.retire(entry, 'broken');
    if (cleanliness === 'clean') return this.#keep(entry, this.#clock.coarseNow());
    const reason = this.#whyNotKept(entry);
    if (reason === undefined) this.#care.clean(entry);
    else this.#closer.retire(entry, reason);
  }

  #inspect(entry: PoolEntry<C>): Cleanliness {
    try {
      return this.#connector.inspect(entry.connection as C);
    } catch {
      return 'broken';
    }
  }

  /** A connection that has just proved itself stays, unless it is no longer wanted. */
  #keep(entry: PoolEntry<C>, idleSince: number): void {
    const reason = this.#whyNotKept(entry);
    if (reason !== undefined) return this.#closer.retire(entry, reason);
    entry.provenAt = this.#clock.coarseNow();
    entry.idleSince = idleSince;
    this.#entries.rest(entry);
  }

  #whyNotKept(entry: PoolEntry<C>): CloseReason | undefined {
    if (this.isClosing) return 'pool-closed';
    if (entry.uses >= this.options.maxUses) return 'max-uses';
    if (this.#capacity.isLowered && this.#surplus > 0) return 'overflow';
    return this.#outdated(entry, this.#clock.coarseNow());
  }

  /** How many there are too many, since `max` was lowered; without those that are on their way out. */
  get #surplus(): number {
    return this.#entries.live + this.#entries.connecting - this.#capacity.max;
  }

  /** Ends every step that may have left `entry` idle: serves who waits, and watches it if nobody took it. */
  #offer(entry: PoolEntry<C>): void {
    if (this.#queue.length > 0 || this.options.minIdle > 0) this.#pump();
    if (entry.state === 'idle') this.#care.watch(entry);
  }

  #revoke(entry: PoolEntry<C>, record: LeaseRecord, reason: RevokeReason, cause: unknown): boolean {
    const lease = record.view(this.#clock.coarseNow());
    const error = leaseRevokedError(this.name, lease, { reason, cause, at: this.#clock.wallTime() });
    if (!this.tracker.close(record, { kind: 'revoked', error })) return false;
    this.#vacate(entry);
    const connection = entry.connection as C;
    // From inside the close, so that a connection which dies of being revoked is on its way out already.
    this.#closer.close(entry, 'revoked', () => {
      try {
        this.#connector.revoke(connection, error);
      } catch (failure) {
        this.#journal.failed('connector.revoke', failure);
      }
      return this.#connector.close(connection, 'cancel-first');
    });
    this.#journal.revoked(connection, record, error);
    // Its share is free before its connection is: who waits for it may take one that was kept from it.
    if (this.options.reserved > 0) this.#pump();
    return true;
  }

  /** After a sweep: takes back what the policy allows, longest held first, and under pressure no more than is waited for. */
  #reclaim(now: number, sweep: number): void {
    const policy = this.options.reclaim;
    if (policy === 'report') return;
    // Asked again after each: whoever is told of one may have served those who waited.
    const wanted = (): number =>
      policy === 'always' ? Infinity : Math.min(this.#queue.length, this.#uncovered(this.#queue.length));
    this.#revokeLeaked(wanted, { now, sweep });
  }

  #revokeLeaked(wanted: () => number, at: { readonly now: number; readonly sweep: number }): number {
    let revoked = 0;
    for (const record of [...this.tracker.records()]) {
      if (revoked >= wanted()) break;
      if (mayReclaim(record, this.options, at) && record.owner.revoke(record, 'leak', undefined))
        revoked += 1;
    }
    return revoked;
  }

  #revokeAllIn(drainMs: number): void {
    if (drainMs === Infinity || this.#entries.count('leased') === 0) return;
    const revokeAll = (): void => {
      for (const record of [...this.tracker.records()]) record.owner.revoke(record, 'close', undefined);
    };
    if (drainMs === 0) revokeAll();
    else this.#wheel.add(this.#clock.now() + drainMs, revokeAll);
  }

  /** The connection died by itself. Its slot is free at once; its holder's calls fail by themselves. */
  #disconnected(entry: PoolEntry<C>, error: Error): void {
    // Between the end of `connect` and the turn in which we hear of it lies room for a death.
    if (entry.state === 'connecting') return this.#opener.failed(entry, error);
    if (entry.state === 'closing' || entry.state === 'lost' || entry.state === 'gone') return;
    const { record } = entry;
    if (record !== undefined) {
      const limit = this.#explainLoss(error);
      if (limit?.heldIdle === true) this.tracker.accuse(record);
      // A listener of that report may have ended the lease, and with it the connection.
      if (entry.record !== record) return;
      const lost = connectionLostError(this.name, record, error, limit);
      this.tracker.close(record, { kind: 'lost', error: lost });
      this.#vacate(entry);
    }
    this.#opener.died(entry, error);
    const ending = this.#afterDeath(entry.connection as C, error);
    if (ending === undefined) return this.#closer.gone(entry, 'disconnected', error);
    this.#closer.bury(entry, ending, error);
    // Its slot is taken for a while yet, but it is idle no more: `minIdle` may want another one.
    this.#pump();
  }

  #afterDeath(connection: C, error: Error): Promise<CloseOutcome> | undefined {
    try {
      return this.#connector.afterDeath?.(connection, error);
    } catch (failure) {
      this.#journal.failed('connector.afterDeath', failure);
      return undefined;
    }
  }

  #explainLoss(error: Error): ServerLimit | undefined {
    try {
      return this.#connector.explainLoss?.(error);
    } catch (failure) {
      this.#journal.failed('connector.explainLoss', failure);
      return undefined;
    }
  }

  #checkDrained(): void {
    if (this.#entries.occupied > 0) return;
    const onDrained = this.#onDrained;
    this.#onDrained = undefined;
    onDrained?.();
  }

  // --- the parts ----------------------------------------------------------------------------------------------------

  #parts(): PoolParts<C> {
    return {
      connector: this.#connector,
      entries: this.#entries,
      journal: this.#journal,
      bounded: new BoundedRunner(this.#clock, this.#wheel),
      clock: this.#clock,
      options: this.options,
      capacity: this.#capacity,
    };
  }

  #makeCloser(): ConnectionCloser<C> {
    return new ConnectionCloser({
      ...this.#parts(),
      wheel: this.#wheel,
      onFreed: () => {
        this.#pump();
        this.#checkDrained();
      },
    });
  }

  #makeOpener(): ConnectionOpener<C> {
    const host: EntryHost<C> = {
      release: (entry, record, destroy) => this.#release(entry, record, destroy),
      revoke: (entry, record, reason, cause) => this.#revoke(entry, record, reason, cause),
    };
    return new ConnectionOpener({
      ...this.#parts(),
      closer: this.#closer,
      host,
      onOpened: (entry) => {
        const now = this.#clock.now();
        this.#keep(entry, now);
        this.#journal.connected(entry, entry.connection as C, now - entry.createdAt);
        this.#offer(entry);
      },
      onFailed: (error) => {
        this.#tellWaiters(error);
        this.#pump();
      },
      onDisconnected: (entry, error) => this.#disconnected(entry, error),
      onRetry: () => this.#pump(),
    });
  }

  #makeCare(): ConnectionCare<C> {
    return new ConnectionCare({
      ...this.#parts(),
      onWell: (entry, idleSince) => this.#keep(entry, idleSince),
      onPingFailed: (entry) => {
        this.#journal.pingFailed();
        this.#closer.retire(entry, 'ping-failed');
        // What broke this one (a restart, a failover, a firewall) has most likely broken those opened before it.
        if (entry.generation === this.#generation) this.evict();
      },
      retire: (entry, reason) => this.#closer.retire(entry, reason),
      offer: (entry) => this.#offer(entry),
    });
  }

  #makeTracker(): LeaseTracker {
    return new LeaseTracker({
      ...this.options,
      max: () => this.#capacity.max,
      durations: this.#journal.durations,
      onLeak: (report) => this.#journal.suspected(report),
      onReturnedLate: (retraction) => this.#journal.returnedLate(retraction),
      onSweep: (now, sweep) => {
        this.#noteThaw();
        this.#view.remember(now);
        this.#reclaim(now, sweep);
        this.#deadlocks.check();
      },
    });
  }

  #makeQueue(onStall: (lateMs: number) => void): AcquireQueue<Lease<C>> {
    const { queuePolicy, overloadAfterMs, reserved, tenantWeights } = this.options;
    const capacity = this.#capacity;
    return new AcquireQueue<Lease<C>>({
      clock: this.#clock,
      // Somebody waits on these deadlines: the process must not end under them.
      wheel: new TimerWheel(this.#clock, { keepAlive: true, onStall }),
      policy: queuePolicy === 'controlled' ? new ControlledPolicy(overloadAfterMs) : FIFO,
      shares: {
        get ordinaryMax() {
          return reserved === 0 ? Infinity : capacity.max - reserved;
        },
        weights: tenantWeights,
        leased: () => this.#entries.leased,
      },
      listener: {
        onLength: (length) => this.tracker.wait(length),
        onDeadline: (waiter) => this.#timedOut(waiter),
        onAbort: (waiter, reason) => this.#aborted(waiter, reason),
        onHopeless: (waiter) => this.#hopeless(waiter),
      },
    });
  }

  #makeView(): PoolView<C> {
    return new PoolView({
      ...this.#parts(),
      queue: this.#queue,
      opener: this.#opener,
      tracker: this.tracker,
      nested: this.#nested,
      state: () => this.#state.kind,
    });
  }

  #makeRefusals(): Refusals<C> {
    return new Refusals({
      ...this.#parts(),
      queue: this.#queue,
      opener: this.#opener,
      view: this.#view,
      isSuspended: () => this.#state === SUSPENDED,
    });
  }

  /** Those for whom there is no connection but what comes back of certain leases. */
  #deadlockScopes(): readonly DeadlockScope<Lease<C>>[] {
    const scopes: DeadlockScope<Lease<C>>[] = [];
    if (this.#state !== OPEN) return scopes;
    // The leases of `high` do not matter to the others while their share is taken: what comes back of those is kept for somebody else.
    if (this.#queue.isShareTaken)
      scopes.push({
        leases: [...this.#entries].flatMap(({ record, line }) => (line?.rank === 0 ? [] : (record ?? []))),
        includes: ({ line }) => line.rank !== 0,
      });
    if (this.#entries.leased >= this.#capacity.max)
      scopes.push({ leases: this.tracker.records(), includes: () => true });
    return scopes;
  }

  #makeDeadlockDetector(): DeadlockDetector<Lease<C>> {
    return new DeadlockDetector({
      clock: this.#clock,
      waiters: () => this.#queue,
      scopes: () => this.#deadlockScopes(),
      onDeadlock: (youngest, waiters) => {
        const error = poolDeadlockError(this.counts(), youngest, waiters, this.#clock.coarseNow());
        this.#queue.turnAway(youngest, error);
        this.#journal.deadlocked(error);
      },
    });
  }
}

/** The reason of a signal is whatever its owner chose. */
function reject({ refused }: LeaseTaker<never, unknown>, error: unknown): Promise<never> {
  return refused === undefined ? Promise.reject(error) : refused(error);
}

function invalidAcquire(options: AcquireOptions): Error | undefined {
  return (
    invalidDuration('timeoutMs', options.timeoutMs) ??
    invalidDuration('leakThresholdMs', options.leakThresholdMs) ??
    invalidName('label', options.label) ??
    invalidName('tenant', options.tenant) ??
    invalidPriority(options.priority)
  );
}

/** All sessions around: the innermost may end while a call waits, and then those outside still bound it. */
function signalsOf({ signal, session: innermost }: LeaseOrigin): readonly AbortSignal[] | undefined {
  if (signal === undefined && innermost === undefined) return undefined;
  const signals = signal === undefined ? [] : [signal];
  for (let session = innermost; session !== undefined; session = session.parent) signals.push(session.signal);
  return signals;
}
