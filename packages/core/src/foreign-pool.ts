import type { PoolSample } from './advice/pool-history.ts';
import type { ConnectorFacts } from './connector.ts';
import type { DurationListener } from './duration-feed.ts';
import { ForeignPoolView } from './foreign-pool-view.ts';
import type { ForeignCounts } from './foreign-pool-view.ts';
import { ForeignWaits } from './foreign-waits.ts';
import type { ForeignWait } from './foreign-waits.ts';
import { LeaseTracker } from './lease-tracker.ts';
import type { LeaseEnd, LeaseOrigin, LeaseOwner, LeaseRecord } from './lease-record.ts';
import type { RevokeReason } from './errors.ts';
import { leaseRevokedError } from './lease-errors.ts';
import type { CloseReason } from './pool-entry.ts';
import type { PoolEvents } from './pool-events.ts';
import type { PoolGlance } from './pool-glance.ts';
import { PoolJournal } from './pool-journal.ts';
import type { ResolvedPoolOptions } from './pool-options.ts';
import { mayReclaim } from './reclaimer.ts';
import type { PoolSnapshot } from './snapshot.ts';

/** What a {@link ForeignPool} is told about, and asks. `C` is what stands for a connection in events. */
export interface ForeignPoolParts<C> {
  /** Those of the watch, and what is known of the other pool's own. */
  readonly options: ResolvedPoolOptions;
  /** How many connections the other pool has now; asked at each look. */
  readonly counts: () => ForeignCounts;
  /** What is known of the server. */
  readonly facts: () => ConnectorFacts;
  /** Takes the connection from its holder; left out where that cannot be done. */
  readonly take?: (connection: C, error: Error) => void;
}

/** Why an acquire ended without a connection. */
export type ForeignRefusal = 'timeout' | 'connect-failed' | 'closed';

const RELEASED: LeaseEnd = Object.freeze({ kind: 'released' });

/**
 * A pool that somebody else has made, as one of ours shows itself: who holds its connections, who waits, what goes wrong. An
 * adapter tells it what happens; it counts, reports leaks, and changes nothing in the pool, unless it is asked to take a
 * lease back and the adapter can.
 */
export class ForeignPool<C extends object> implements LeaseOwner {
  readonly options: ResolvedPoolOptions;
  readonly tracker: LeaseTracker;
  readonly #parts: ForeignPoolParts<C>;
  readonly #journal: PoolJournal<C>;
  readonly #waits: ForeignWaits;
  readonly #view: ForeignPoolView<C>;
  readonly #lent = new Map<LeaseRecord, C>();
  readonly #ids = new WeakMap<C, number>();
  #lastId = 0;
  #lastConnectError: { readonly error: unknown } | undefined;

  constructor(parts: ForeignPoolParts<C>) {
    this.#parts = parts;
    this.options = parts.options;
    this.#journal = new PoolJournal(parts.options.name, parts.options.logger);
    this.tracker = new LeaseTracker({
      ...parts.options,
      max: () => parts.counts().max,
      durations: this.#journal.durations,
      onLeak: (report) => this.#journal.suspected(report),
      onReturnedLate: (retraction) => this.#journal.returnedLate(retraction),
      onSweep: (now) => this.#view.remember(now),
    });
    this.#waits = new ForeignWaits(parts.options.clock, this.tracker);
    this.#view = new ForeignPoolView({
      ...parts,
      tracker: this.tracker,
      journal: this.#journal,
      waits: this.#waits,
      lastConnectError: () => this.#lastConnectError,
    });
  }

  get name(): string {
    return this.options.name;
  }

  /** Callers that wait for a connection. */
  get pending(): number {
    return this.#waits.length;
  }

  /**
   * Somebody asks for a connection. Must be called inside that very call, where it can be seen who it is, unless that was noted
   * there: `origin`.
   */
  ask(origin?: LeaseOrigin): ForeignWait {
    return this.#waits.begin(origin);
  }

  /** The wait is over in a way that says nothing: whoever it was is not followed any further. */
  forget(wait: ForeignWait): void {
    this.#waits.end(wait);
  }

  /** The caller has got this connection. Nothing is told for one that was forgotten, or is granted already. */
  grant(wait: ForeignWait, connection: C): LeaseRecord | undefined {
    if (!this.#waits.end(wait)) return undefined;
    const record = this.tracker.open(this, wait.origin);
    this.#lent.set(record, connection);
    this.#view.lent();
    this.#journal.granted(connection, record, this.#waits.ageOf(wait));
    return record;
  }

  /** The caller has got none. */
  refuse(wait: ForeignWait, why: ForeignRefusal, error: Error): void {
    if (!this.#waits.end(wait)) return;
    switch (why) {
      case 'timeout':
        return this.#journal.timedOut(error, this.#waits.ageOf(wait), wait.origin);
      case 'connect-failed':
        this.#lastConnectError = { error };
        return this.#journal.connectFailed(error, 1);
      case 'closed':
        return this.#journal.refused(1);
      default:
        return why satisfies never;
    }
  }

  /** The holder has given it back. Returns false, and does nothing, when the lease is over already. */
  release(record: LeaseRecord, destroy: boolean): boolean {
    if (!this.tracker.close(record, RELEASED)) return false;
    const connection = this.#lent.get(record) as C;
    this.#lent.delete(record);
    this.#journal.released(connection, record, destroy);
    return true;
  }

  /** A lease is not followed any further, and nothing is said of how it ends. */
  letGo(record: LeaseRecord): void {
    this.#lent.delete(record);
    this.tracker.close(record, RELEASED);
  }

  /** A connection was opened. `tookMs` is left out where nobody knows. */
  connected(connection: C, tookMs?: number): void {
    this.#lastConnectError = undefined;
    this.#journal.connected({ id: this.#idOf(connection) }, connection, tookMs);
  }

  /** A connection has left the pool. */
  left(connection: C, reason: CloseReason): void {
    this.#journal.left({ id: this.#idOf(connection), connection }, reason);
  }

  /** Something of ours failed where it must not matter to the application. */
  failed(what: string, error: unknown): void {
    this.#journal.failed(what, error);
  }

  /** Adds a listener; call what it returns to remove it. A listener that throws changes nothing. */
  on<Name extends keyof PoolEvents<C>>(
    name: Name,
    listener: (payload: PoolEvents<C>[Name]) => unknown,
  ): () => void {
    return this.#journal.on(name, listener);
  }

  /** Tells of each duration that is counted; call what it returns to stop. */
  observeDurations(listener: DurationListener): () => void {
    return this.#journal.observeDurations(listener);
  }

  snapshot(): PoolSnapshot {
    return this.#view.snapshot();
  }

  glance(): PoolGlance {
    return this.#view.glance();
  }

  /** Samples of the recent past, and one of now; see `getPoolDiagnostics`. */
  history(): readonly PoolSample[] {
    return this.#view.history();
  }

  /** Takes back the leases that have been reported and do nothing; as {@link Pool.reclaim}. Returns how many. */
  reclaim(): number {
    const at = { now: this.options.clock.coarseNow(), sweep: Infinity };
    let taken = 0;
    for (const record of [...this.tracker.records()]) {
      if (mayReclaim(record, this.options, at) && this.#take(record, 'leak', undefined)) taken += 1;
    }
    return taken;
  }

  /** Whoever ends a session takes nothing back here: the pool is not ours. An operator, or a test, may where it was allowed. */
  revoke(record: LeaseRecord, reason: RevokeReason, cause: unknown): boolean {
    return reason === 'operator' && this.#take(record, reason, cause);
  }

  /** Looks no more. Who holds and who waits is not followed any further. */
  stop(): void {
    for (const record of [...this.tracker.records()]) this.letGo(record);
    for (const wait of [...this.#waits]) this.forget(wait);
    this.tracker.stop();
  }

  #take(record: LeaseRecord, reason: RevokeReason, cause: unknown): boolean {
    const connection = this.#lent.get(record);
    const { take } = this.#parts;
    if (connection === undefined || take === undefined) return false;
    const error = leaseRevokedError(this.name, this.tracker.view(record), {
      reason,
      cause,
      at: this.options.clock.wallTime(),
    });
    this.#lent.delete(record);
    this.tracker.close(record, { kind: 'revoked', error });
    this.#journal.revoked(connection, record, error);
    take(connection, error);
    return true;
  }

  #idOf(connection: C): number {
    const known = this.#ids.get(connection);
    if (known !== undefined) return known;
    this.#ids.set(connection, (this.#lastId += 1));
    return this.#lastId;
  }
}
