import { hasSubscribers, publish } from './diagnostics.ts';
import { DurationFeed } from './duration-feed.ts';
import type { DurationListener } from './duration-feed.ts';
import { errorForLog } from './error-for-log.ts';
import { describeFailure } from './error-report.ts';
import { SessionTimeoutError } from './errors.ts';
import type { LeaseRevokedError, OverloadedError, PoolDeadlockError } from './errors.ts';
import { EventHub } from './events.ts';
import { Histogram } from './histogram.ts';
import { formatLeakReport } from './leak-report.ts';
import type { LeakReport, ReturnedLate } from './leak-report.ts';
import type { LeaseOrigin, LeaseRecord } from './lease-record.ts';
import { logSafely } from './logger.ts';
import type { Logger } from './logger.ts';
import { formatNestedAcquire } from './nested-acquire.ts';
import type { NestedAcquireReport } from './nested-acquire.ts';
import type { PoolEntry, CloseReason } from './pool-entry.ts';
import type { PoolEvents } from './pool-events.ts';
import type { PoolCounters } from './snapshot.ts';
import type { Writable } from './writable.ts';

/** The counters that the journal keeps; the tracker keeps the rest. */
type JournalCounters = Omit<PoolCounters, 'acquired' | 'leaksReported' | 'returnedLate' | 'nested'>;

/**
 * The one place where what happened is counted, measured and told: counters, histograms, events, diagnostics channels and
 * the log are written together, so that they cannot disagree. It changes nothing in the pool.
 */
export class PoolJournal<C> {
  readonly waitTime: Histogram = new Histogram();
  readonly createTime: Histogram = new Histogram();
  /** The name of the pool: on a channel, all pools of the process speak. */
  readonly #pool: string;
  readonly #logger: Logger;
  readonly #events: EventHub<PoolEvents<C>>;
  readonly #counters: Writable<JournalCounters> = {
    released: 0,
    timeouts: 0,
    aborted: 0,
    rejected: 0,
    shed: 0,
    connected: 0,
    connectFailures: 0,
    closed: 0,
    pingFailures: 0,
    revoked: 0,
    reclaimed: 0,
    deadlocks: 0,
    sessionTimeouts: 0,
    cancels: 0,
  };
  /** Tells whoever keeps histograms elsewhere. */
  readonly durations: DurationFeed;
  /** Each of them is the reason of all that ends with its session. */
  readonly #sessionTimeouts = new WeakSet<Error>();
  #lastStall = { at: -Infinity, lateMs: 0 };
  #longestStallMs = 0;

  constructor(pool: string, logger: Logger) {
    this.#pool = pool;
    this.#logger = logger;
    this.#events = new EventHub((event, error) => this.failed(event, error));
    this.durations = new DurationFeed((event, error) => this.failed(event, error));
  }

  get counters(): JournalCounters {
    return this.#counters;
  }

  get lastStall(): { readonly at: number; readonly lateMs: number } {
    return this.#lastStall;
  }

  get longestStallMs(): number {
    return this.#longestStallMs;
  }

  on<Name extends keyof PoolEvents<C>>(
    name: Name,
    listener: (payload: PoolEvents<C>[Name]) => unknown,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /** Tells of each duration that is counted; call what it returns to stop. */
  observeDurations(listener: DurationListener): () => void {
    return this.durations.on(listener);
  }

  granted(connection: C, record: LeaseRecord, waitedMs: number): void {
    this.waitTime.record(waitedMs);
    if (this.durations.isHeard) this.durations.note('wait', waitedMs, record.spans);
    // Asked first: on the way that every acquire takes, not even a payload is made for nobody.
    if (!this.#events.has('acquire') && !hasSubscribers.ofAcquire()) return;
    this.#tell('acquire', { pool: this.#pool, connection, leaseId: record.id, waitedMs });
  }

  released(connection: C, record: LeaseRecord, destroy: boolean): void {
    this.#counters.released += 1;
    if (!this.#events.has('release') && !hasSubscribers.ofRelease()) return;
    this.#tell('release', { pool: this.#pool, connection, leaseId: record.id, destroy });
  }

  revoked(connection: C, record: LeaseRecord, error: LeaseRevokedError): void {
    this.#counters.revoked += 1;
    if (error.reason === 'leak') this.#counters.reclaimed += 1;
    this.#noteSessionTimeout(error.cause);
    // Whoever ran a session is told by its error; of these two nobody would hear.
    if (error.reason === 'leak' || error.reason === 'close')
      this.#log('warn', error, `${error.code}: ${error.message}`);
    this.#events.emit('revoke', { connection, leaseId: record.id, error });
  }

  /** An acquire ended without a lease. */
  refused(callers: number): void {
    this.#counters.rejected += callers;
  }

  aborted(reason: unknown): void {
    this.#counters.aborted += 1;
    this.#noteSessionTimeout(reason);
  }

  shed(error: OverloadedError): void {
    this.#counters.shed += 1;
    this.#counters.rejected += 1;
    this.#tell('shed', { pool: this.#pool, error });
  }

  timedOut(error: Error, waitedMs: number, { spans }: LeaseOrigin): void {
    this.#counters.timeouts += 1;
    this.waitTime.record(waitedMs);
    this.durations.note('wait', waitedMs, spans, error);
    this.#tell('timeout', { pool: this.#pool, error });
  }

  /** Of a pool that is not ours nobody may know how long it took. */
  connected(entry: Pick<PoolEntry<C>, 'id'>, connection: C, tookMs: number | undefined): void {
    this.#counters.connected += 1;
    if (tookMs !== undefined) {
      this.createTime.record(tookMs);
      this.durations.note('create', tookMs);
    }
    this.#tell('connect', { pool: this.#pool, connection, entryId: entry.id, tookMs: tookMs ?? 0 });
  }

  connectFailed(error: unknown, attempts: number): void {
    this.#counters.connectFailures += 1;
    this.#events.emit('connect-failed', { error, attempts });
  }

  cancelSent(): void {
    this.#counters.cancels += 1;
  }

  pingFailed(): void {
    this.#counters.pingFailures += 1;
  }

  /** A connection is no longer the pool's. One that was never opened leaves without a word. */
  left(
    { connection, id }: Pick<PoolEntry<C>, 'connection' | 'id'>,
    reason: CloseReason,
    error?: Error,
  ): void {
    if (connection === undefined) return;
    this.#counters.closed += 1;
    const pool = this.#pool;
    this.#tell('close', { pool, connection, entryId: id, reason, ...(error === undefined ? {} : { error }) });
  }

  lost({ connection, id }: PoolEntry<C>): void {
    this.#events.emit('lost', { connection, entryId: id });
  }

  suspected(report: LeakReport): void {
    if (report.isLogged) this.#log('warn', report, formatLeakReport(report));
    this.#tell('leak', report);
  }

  returnedLate(retraction: ReturnedLate): void {
    this.#events.emit('returned-late', retraction);
  }

  nested(report: NestedAcquireReport): void {
    this.#log('warn', report, formatNestedAcquire(report));
    this.#events.emit('nested', report);
  }

  /** The waiter hears of it by its own error. */
  deadlocked(error: PoolDeadlockError): void {
    this.#counters.deadlocks += 1;
    this.#counters.rejected += 1;
    this.#events.emit('deadlock', { error });
  }

  thawed(thaws: number): void {
    this.#events.emit('thaw', { thaws });
  }

  stalled(now: number, lateMs: number): void {
    // Several timers notice the same stall.
    const known = now - lateMs < this.#lastStall.at;
    this.#lastStall = { at: now, lateMs };
    this.#longestStallMs = Math.max(this.#longestStallMs, lateMs);
    if (!known) this.#events.emit('stall', { lateMs });
  }

  /** Somebody else's code threw: a listener, a hook, a connector where it must not. */
  failed(event: string, error: unknown): void {
    const message = `a listener of "${event}" failed: ${describeFailure(error)}`;
    this.#log('error', { code: 'LG_LISTENER_FAILED', event, err: errorForLog(error) }, message);
    if (event !== 'listener-error') this.#events.emit('listener-error', { event, error });
  }

  /** What ends with a session, and with those inside it, has one reason; the session is counted once. */
  #noteSessionTimeout(reason: unknown): void {
    if (!(reason instanceof SessionTimeoutError) || this.#sessionTimeouts.has(reason)) return;
    this.#sessionTimeouts.add(reason);
    this.#counters.sessionTimeouts += 1;
  }

  #tell<Name extends 'acquire' | 'release' | 'connect' | 'close' | 'leak' | 'timeout' | 'shed'>(
    event: Name,
    payload: PoolEvents<C>[Name],
  ): void {
    this.#events.emit(event, payload);
    publish(event, payload);
  }

  #log(level: 'warn' | 'error', fields: object, message: string): void {
    logSafely(this.#logger, level, fields, message);
  }
}
