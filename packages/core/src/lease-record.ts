import { NO_TRACE } from './call-site.ts';
import type { CallSite, StackTrace } from './call-site.ts';
import type { Clock } from './clock.ts';
import type { Holding } from './holding.ts';
import type { LeaseRevokedError, RevokeReason } from './errors.ts';
import type { Linked, LinkedList } from './linked-list.ts';
import { ageWithoutPauses } from './loop-health.ts';
import type { Pauses } from './loop-health.ts';
import { printable } from './printable.ts';
import type { Session } from './session.ts';
import type { LeaseView, TransactionStatus } from './snapshot.ts';
import { NO_FINDINGS } from './lease-findings.ts';
import type { LeaseFindings } from './lease-findings.ts';
import { QueryActivity } from './query-activity.ts';
import type { AcquireSpans } from './span-source.ts';
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
  /** How it was traced, where that is noted; see `setSpanSource`. */
  readonly spans: AcquireSpans | undefined;
}

/** An acquire of which nothing is known: outside of any session, by a caller who asked for nothing special, its stack not taken. */
export const UNKNOWN_ORIGIN: LeaseOrigin = Object.freeze({
  session: undefined,
  stack: undefined,
  label: undefined,
  holding: undefined,
  signal: undefined,
  leakThresholdMs: undefined,
  spans: undefined,
});

/** Where an acquire was called, or, where its stack does not tell, where its session began. Reads the stack. */
export function siteOfOrigin({ stack, session }: LeaseOrigin): CallSite | undefined {
  const site = stack === undefined ? undefined : readRecordedStack(stack).site;
  // An acquire deep inside a library may have no frame of the application left; its session has.
  return site ?? session?.trace.site;
}

/**
 * What the tracker knows of one borrowing. It never refers to the handle that the caller holds, so that watching a lease
 * does not keep it alive. One is made for every acquire: what only some leases need is in objects of its own.
 */
export class LeaseRecord implements Linked<LeaseRecord> {
  prev: LeaseRecord | undefined;
  next: LeaseRecord | undefined;
  list: LinkedList<LeaseRecord> | undefined;

  readonly id: number;
  /** Coarse instant. */
  readonly openedAt: number;
  readonly owner: LeaseOwner;
  /** Waiting time of others, in milliseconds, up to the opening of this lease; see {@link WaitLedger}. */
  readonly waitsBefore: number;
  readonly #clock: Clock;
  readonly #pausesBefore: Pauses;
  /** Without its stack, once that has been read. */
  #origin: LeaseOrigin;
  #trace: StackTrace | undefined;

  /** Written by the tracker and the pool only. */
  state: LeaseState = OPEN;
  /** The handle, until the first look at this lease; from then on only the garbage collector knows of it. */
  handle: object | undefined;
  /** Callers that wait for a connection inside the block that holds this lease. */
  waitersWithin = 0;
  /** Set by the adapter, where it is known. */
  backendPid: number | undefined;
  #activity: QueryActivity | undefined;
  #findings: LeaseFindings | undefined;
  #abort: AbortController | undefined;
  #signalAbortedAt: number | undefined;

  constructor(id: number, clock: Clock, owner: LeaseOwner, origin: LeaseOrigin, waitsBefore = 0) {
    this.id = id;
    this.#clock = clock;
    this.openedAt = clock.coarseNow();
    this.owner = owner;
    this.waitsBefore = waitsBefore;
    this.#origin = origin;
    this.#pausesBefore = clock.loop.pauses;
  }

  get session(): Session | undefined {
    return this.#origin.session;
  }

  get label(): string | undefined {
    return this.#origin.label;
  }

  get spans(): AcquireSpans | undefined {
    return this.#origin.spans;
  }

  /** Milliseconds, in place of the tracker's thresholds. */
  get leakThresholdMs(): number | undefined {
    return this.#origin.leakThresholdMs ?? this.#origin.session?.leakThresholdMs;
  }

  /** What has been found against it. */
  get findings(): Readonly<LeaseFindings> {
    return this.#findings ?? NO_FINDINGS;
  }

  /** Whether there is evidence that nobody will give it back. Not while a query runs: then it is slow. */
  get isSuspected(): boolean {
    return this.findings.evidence !== 0 && !this.queryRunning;
  }

  /** To write a finding down. By the tracker and its parts only. */
  find(): LeaseFindings {
    return (this.#findings ??= { ...NO_FINDINGS });
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
    this.#activity?.stopped(this.#clock.coarseNow());
    this.state = state;
    this.handle = undefined;
    if (state.kind !== 'released') this.#abort?.abort(state.error);
  }

  get queryRunning(): boolean {
    return this.#activity !== undefined && this.#activity.running > 0;
  }

  get transaction(): TransactionStatus {
    return this.#activity?.transaction ?? 'none';
  }

  /** An adapter tells that a statement was sent. The text is kept as it is and never shown but as a fingerprint. */
  queryStarted(sql: string | undefined): void {
    this.#active().started(sql, this.#clock.coarseNow());
  }

  /**
   * An adapter tells that a statement has been answered, and what the server says of the transaction. An adapter that
   * sees more than single answers says how many statements are still `running`.
   */
  queryEnded(transaction: TransactionStatus, running?: number): void {
    const activity = this.#active();
    const left = running ?? Math.max(0, activity.running - 1);
    activity.ended(transaction, left, this.#clock.coarseNow(), this.#clock.loop.pauses);
  }

  #active(): QueryActivity {
    return (this.#activity ??= new QueryActivity(this.#clock.coarseNow(), this.#pausesBefore));
  }

  /** Time since it was opened, without the times in which the loop was blocked. */
  heldMs(now: number): number {
    return ageWithoutPauses(now - this.openedAt, this.#pausesBefore, this.#clock.loop.pauses);
  }

  /** Time since anything happened on this lease, without those; `undefined` while a query runs. */
  idleMs(now: number): number | undefined {
    const activity = this.#activity;
    if (activity === undefined) return this.heldMs(now);
    if (activity.running > 0) return undefined;
    const ageMs = now - Math.max(this.openedAt, activity.lastEndedAt);
    return ageWithoutPauses(ageMs, activity.pausesBeforeIdle, this.#clock.loop.pauses);
  }

  /** Time in which a query ran, up to the end of the last one. */
  get busyMs(): number {
    return this.#activity?.busyMs ?? 0;
  }

  /** Time since its session, its request or the signal of its acquire was over; `undefined` while its owner is there. */
  orphanedMs(now: number): number | undefined {
    const endedAt = this.session?.endedAt ?? this.#signalEndedAt(now);
    return endedAt === undefined ? undefined : Math.max(0, now - endedAt);
  }

  /** An aborted signal does not tell since when; so counting begins at the first look. */
  #signalEndedAt(now: number): number | undefined {
    const { signal } = this.#origin;
    // One that has only run out (`AbortSignal.timeout()`) was there to bound the wait, and says nothing of its owner.
    if (signal?.aborted === true && !isTimeout(signal.reason)) this.#signalAbortedAt ??= now;
    return this.#signalAbortedAt;
  }

  /** Whether its stack has been recorded and not been read yet: reading it takes time. */
  get hasUnreadStack(): boolean {
    return this.#origin.stack !== undefined;
  }

  /** Whether there is something that tells its place in the code: a label, or a stack, read or not. */
  get isPlaceable(): boolean {
    return this.#origin.label !== undefined || this.#origin.stack !== undefined || this.#trace !== undefined;
  }

  /** Where it was acquired, by its own stack; reads it. `undefined` where none was recorded, or it has no such frame. */
  site(): CallSite | undefined {
    const { stack } = this.#origin;
    if (stack !== undefined) {
      this.#trace = readRecordedStack(stack);
      this.#origin = { ...this.#origin, stack: undefined };
    }
    return this.#trace?.site;
  }

  /** Where it was acquired. Formats the stack on first use, and lets go of what the raw one held. */
  trace(): StackTrace {
    const site = this.site();
    const own = this.#trace;
    if (site !== undefined) return own as StackTrace;
    // A stack that ends before the application's frames says less than the place where the session began.
    const around = this.session?.trace ?? NO_TRACE;
    return around.site === undefined ? (own ?? around) : around;
  }

  /** As data. `mayRead`: also when its stack must be read for that; else its place may be missing. */
  view(now: number, mayRead = true): LeaseView {
    const trace = mayRead || !this.hasUnreadStack ? this.trace() : NO_TRACE;
    const heldMs = Math.max(0, now - this.openedAt);
    const lastSql = this.#activity?.lastSql;
    return Object.freeze({
      id: this.id,
      heldMs,
      blockedMs: heldMs - this.heldMs(now),
      collected: this.findings.collected,
      idleMs: this.idleMs(now),
      site: trace.site,
      frames: trace.frames,
      label: this.label === undefined ? undefined : printable(this.label),
      session: this.session?.view(now),
      transaction: this.transaction,
      queryRunning: this.queryRunning,
      queries: this.#activity?.queries ?? 0,
      lastQuery: lastSql === undefined ? undefined : sqlFingerprint(lastSql),
      backendPid: this.backendPid,
      suspected: this.isSuspected,
    });
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}
