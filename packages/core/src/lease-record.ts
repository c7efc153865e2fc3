import type { StackTrace } from './call-site.ts';
import type { Clock } from './clock.ts';
import type { LeaseRevokedError, RevokeReason } from './errors.ts';
import type { Linked, LinkedList } from './linked-list.ts';
import type { Session } from './session.ts';
import type { LeaseView, TransactionStatus } from './snapshot.ts';
import { sqlFingerprint } from './sql-fingerprint.ts';
import { readRecordedStack } from './stack-recorder.ts';

/** Who can take a lease back. */
export interface LeaseOwner {
  /** Takes the lease back at once. Returns false when this owner can only watch (a foreign pool). */
  revoke(record: LeaseRecord, reason: RevokeReason, cause: unknown): boolean;
}

/** The life of a lease. `lost`: its connection died under it. */
export type LeaseState =
  | { readonly kind: 'open' }
  | { readonly kind: 'released' }
  | { readonly kind: 'revoked'; readonly error: LeaseRevokedError }
  | { readonly kind: 'lost'; readonly error: Error };

const OPEN: LeaseState = Object.freeze({ kind: 'open' });

/** Where and for whom an acquire was called; taken when it is called, never later (see ARCHITECTURE.md, "Blame"). */
export interface LeaseOrigin {
  readonly session: Session | undefined;
  readonly stack: Error | undefined;
  readonly label: string | undefined;
}

const NO_TRACE: StackTrace = Object.freeze({ site: undefined, frames: Object.freeze([]) });

/**
 * What the tracker knows of one borrowing. It never refers to the handle that the caller holds, so that watching a lease
 * does not keep it alive.
 */
export class LeaseRecord implements Linked<LeaseRecord> {
  prev: LeaseRecord | undefined;
  next: LeaseRecord | undefined;
  list: LinkedList<LeaseRecord> | undefined;

  readonly id: number;
  /** Coarse instant. */
  readonly openedAt: number;
  readonly owner: LeaseOwner;
  readonly session: Session | undefined;
  readonly label: string | undefined;
  readonly #clock: Clock;
  #trace: Error | StackTrace | undefined;

  /** Written by the tracker and the pool only. */
  state: LeaseState = OPEN;
  /** Evidence that has been reported; see {@link Evidence}. Written by the leak detector only. */
  reportedEvidence = 0;
  reportId = 0;

  #queries = 0;
  #running = 0;
  #lastEndedAt = 0;
  #lastSql: string | undefined;
  #transaction: TransactionStatus = 'none';
  /** Set by the adapter, where it is known. */
  backendPid: number | undefined;

  constructor(id: number, clock: Clock, owner: LeaseOwner, origin: LeaseOrigin) {
    this.id = id;
    this.#clock = clock;
    this.openedAt = clock.coarseNow();
    this.owner = owner;
    this.session = origin.session;
    this.label = origin.label;
    this.#trace = origin.stack;
  }

  get queryRunning(): boolean {
    return this.#running > 0;
  }

  get transaction(): TransactionStatus {
    return this.#transaction;
  }

  /** An adapter tells that a statement was sent. The text is kept as it is and never shown but as a fingerprint. */
  queryStarted(sql: string | undefined): void {
    this.#queries += 1;
    this.#running += 1;
    this.#lastSql = sql;
  }

  /**
   * An adapter tells that a statement has been answered, and what the server says of the transaction. An adapter that
   * sees more than single answers says how many statements are still `running`.
   */
  queryEnded(transaction: TransactionStatus, running: number = Math.max(0, this.#running - 1)): void {
    this.#running = running;
    this.#lastEndedAt = this.#clock.coarseNow();
    this.#transaction = transaction;
  }

  /** Time since anything happened on this lease; `undefined` while a query runs. */
  idleMs(now: number): number | undefined {
    if (this.#running > 0) return undefined;
    return Math.max(0, now - Math.max(this.openedAt, this.#lastEndedAt));
  }

  /** Where it was acquired. Formats the stack on first use, and lets go of what the raw one held. */
  trace(): StackTrace {
    if (this.#trace instanceof Error) this.#trace = readRecordedStack(this.#trace);
    const own = this.#trace;
    if (own?.site !== undefined) return own;
    // A stack that ends before the application's frames says less than the place where the session began.
    return this.session?.trace ?? own ?? NO_TRACE;
  }

  view(now: number): LeaseView {
    const trace = this.trace();
    return Object.freeze({
      id: this.id,
      heldMs: Math.max(0, now - this.openedAt),
      idleMs: this.idleMs(now),
      site: trace.site,
      frames: trace.frames,
      label: this.label,
      session: this.session?.view(now),
      transaction: this.#transaction,
      queryRunning: this.#running > 0,
      queries: this.#queries,
      lastQuery: this.#lastSql === undefined ? undefined : sqlFingerprint(this.#lastSql),
      backendPid: this.backendPid,
      suspected: this.reportedEvidence !== 0 && this.#running === 0,
    });
  }
}
