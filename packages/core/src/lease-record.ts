import type { CallSite, StackTrace } from './call-site.ts';
import type { Clock } from './clock.ts';
import type { Holding } from './holding.ts';
import type { LeaseRevokedError, RevokeReason } from './errors.ts';
import { ageWithoutPauses } from './loop-health.ts';
import type { Pauses } from './loop-health.ts';
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

/** How a lease ends. */
export type LeaseEnd = Exclude<LeaseState, { readonly kind: 'open' }>;

const OPEN: LeaseState = Object.freeze({ kind: 'open' });

/** Where and for whom an acquire was called; taken when it is called, never later (see ARCHITECTURE.md, "Blame"). */
export interface LeaseOrigin {
  readonly session: Session | undefined;
  readonly stack: Error | undefined;
  readonly label: string | undefined;
  /** Leases that the calling block holds. */
  readonly holding: Holding | undefined;
  /** The signal that the caller gave: when it aborts, whoever wanted the lease has gone. */
  readonly signal: AbortSignal | undefined;
  /** In place of the thresholds of the session and the tracker. */
  readonly leakThresholdMs: number | undefined;
}

/** Where an acquire was called, or, where its stack does not tell, where its session began. Reads the stack. */
export function siteOfOrigin({ stack, session }: LeaseOrigin): CallSite | undefined {
  const site = stack === undefined ? undefined : readRecordedStack(stack).site;
  // An acquire deep inside a library may have no frame of the application left; its session has.
  return site ?? session?.trace.site;
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
  /** Milliseconds, in place of the tracker's thresholds. */
  readonly leakThresholdMs: number | undefined;
  readonly #clock: Clock;
  readonly #ownerSignal: AbortSignal | undefined;
  /** The pauses of the loop before this lease was opened, and before its last query ended. */
  readonly #pausesBefore: Pauses;
  #pausesBeforeIdle: Pauses;
  #trace: Error | StackTrace | undefined;

  /** Written by the tracker and the pool only. */
  state: LeaseState = OPEN;
  /** Evidence that has been reported; see {@link Evidence}. Written by the leak detector only. */
  reportedEvidence = 0;
  reportId = 0;
  /** The handle, until the first look at this lease; from then on only the garbage collector knows of it. */
  handle: object | undefined;
  /** The handle is garbage. */
  collected = false;
  /** The number of the sweep that reported it first, and of the one that first did so for more than being slow; 0 before. */
  reportedInSweep = 0;
  suspectedInSweep = 0;
  /** Waiting time of others, in milliseconds, up to the opening of this lease; see {@link WaitLedger}. */
  waitsBefore = 0;
  /** Callers that wait for a connection inside the block that holds this lease. */
  waitersWithin = 0;
  /** It was released after it had been taken back, and that was told. */
  cameBack = false;

  #signalAbortedAt: number | undefined;
  #abort: AbortController | undefined;
  #busyMs = 0;
  #busySince = 0;
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
    this.leakThresholdMs = origin.leakThresholdMs ?? origin.session?.leakThresholdMs;
    this.#ownerSignal = origin.signal;
    this.#pausesBefore = this.#pausesBeforeIdle = clock.loop.pauses;
    this.#trace = origin.stack;
  }

  /** Aborts, with the error, when the lease is taken back or lost; for a holder that wants to stop then. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.state.kind === 'revoked' || this.state.kind === 'lost') this.#abort.abort(this.state.error);
    }
    return this.#abort.signal;
  }

  /** The lease is over. Written by the tracker only. */
  finish(state: LeaseEnd): void {
    if (this.#running > 0) this.#noteBusy(this.#clock.coarseNow());
    this.state = state;
    this.handle = undefined;
    if (state.kind !== 'released') this.#abort?.abort(state.error);
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
    if (this.#running === 0) this.#busySince = this.#clock.coarseNow();
    this.#running += 1;
    this.#lastSql = sql;
  }

  /**
   * An adapter tells that a statement has been answered, and what the server says of the transaction. An adapter that
   * sees more than single answers says how many statements are still `running`.
   */
  queryEnded(transaction: TransactionStatus, running: number = Math.max(0, this.#running - 1)): void {
    const now = this.#clock.coarseNow();
    if (this.#running > 0) this.#noteBusy(now);
    this.#running = running;
    this.#lastEndedAt = now;
    this.#pausesBeforeIdle = this.#clock.loop.pauses;
    this.#transaction = transaction;
  }

  /** Time since it was opened, without the times in which the loop was blocked. */
  heldMs(now: number): number {
    return ageWithoutPauses(now - this.openedAt, this.#pausesBefore, this.#clock.loop.pauses);
  }

  /** Time since anything happened on this lease, without those; `undefined` while a query runs. */
  idleMs(now: number): number | undefined {
    if (this.#running > 0) return undefined;
    const ageMs = now - Math.max(this.openedAt, this.#lastEndedAt);
    return ageWithoutPauses(ageMs, this.#pausesBeforeIdle, this.#clock.loop.pauses);
  }

  /** Time in which a query ran, up to the end of the last one. */
  get busyMs(): number {
    return this.#busyMs;
  }

  /** Time since its session, its request or the signal of its acquire was over; `undefined` while its owner is there. */
  orphanedMs(now: number): number | undefined {
    const endedAt = this.session?.endedAt ?? this.#signalEndedAt(now);
    return endedAt === undefined ? undefined : Math.max(0, now - endedAt);
  }

  /** An aborted signal does not tell since when; so counting begins at the first look. */
  #signalEndedAt(now: number): number | undefined {
    const signal = this.#ownerSignal;
    // One that has only run out (`AbortSignal.timeout()`) was there to bound the wait, and says nothing of its owner.
    if (signal?.aborted === true && !isTimeout(signal.reason)) this.#signalAbortedAt ??= now;
    return this.#signalAbortedAt;
  }

  #noteBusy(now: number): void {
    this.#busyMs += Math.max(0, now - this.#busySince);
    this.#busySince = now;
  }

  /** Whether its stack has been recorded and not been read yet: reading it takes time. */
  get hasUnreadStack(): boolean {
    return this.#trace instanceof Error;
  }

  /** Whether its place in the code is known, or that there is none, without reading a stack. */
  get isPlaced(): boolean {
    return this.label !== undefined || !this.hasUnreadStack;
  }

  /** Where it was acquired, by its own stack; reads it. `undefined` where none was recorded, or it has no such frame. */
  site(): CallSite | undefined {
    if (this.#trace instanceof Error) this.#trace = readRecordedStack(this.#trace);
    return this.#trace?.site;
  }

  /** Where it was acquired. Formats the stack on first use, and lets go of what the raw one held. */
  trace(): StackTrace {
    const site = this.site();
    const own = this.#trace as StackTrace | undefined;
    if (site !== undefined) return own as StackTrace;
    // A stack that ends before the application's frames says less than the place where the session began.
    return this.session?.trace ?? own ?? NO_TRACE;
  }

  view(now: number): LeaseView {
    const trace = this.trace();
    const heldMs = Math.max(0, now - this.openedAt);
    return Object.freeze({
      id: this.id,
      heldMs,
      blockedMs: heldMs - this.heldMs(now),
      collected: this.collected,
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

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}
