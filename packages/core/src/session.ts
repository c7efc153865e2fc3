import { PRIORITIES } from './acquire-priority.ts';
import type { AcquirePriority } from './acquire-priority.ts';
import { StackRecorder, readRecordedStack } from './stack-recorder.ts';
import { NO_TRACE, formatCallSite } from './call-site.ts';
import type { StackTrace } from './call-site.ts';
import type { Clock } from './clock.ts';
import { contextStorage } from './context-storage.ts';
import type { AsyncContext } from './context-storage.ts';
import { Deadline } from './deadline.ts';
import { formatDuration } from './error-report.ts';
import type { ReportRow } from './error-report.ts';
import { InvalidOptionError, SessionTimeoutError } from './errors.ts';
import type { RevokeReason } from './errors.ts';
import type { LeaseRecord } from './lease-record.ts';
import type { SessionView } from './snapshot.ts';
import { printable } from './printable.ts';
import { systemClock } from './system-clock.ts';

/** The limit of a session that names none: five minutes, longer than any request and shorter than an outage. */
export const DEFAULT_SESSION_TIMEOUT_MS = 300_000;

/** What a session is: a managed block of work, or a request of a server. */
export type SessionKind = 'session' | 'request';

/** How a session is begun. */
export interface SessionOptions {
  /** Shown in reports, snapshots and errors. A function is asked each time: the route of a request is known late. */
  readonly name?: string | (() => string | undefined);
  /** Shown with the name; keep them few and free of personal data. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The trace that the work belongs to, such as the trace id of a W3C `traceparent`. @default that of the session around */
  readonly traceId?: string;
  /** @default 'session' */
  readonly kind?: SessionKind;
  /**
   * Milliseconds from now until the session is ended. A nested session never outlives the one around it.
   * @default 300000
   */
  readonly timeoutMs?: number;
  /**
   * Milliseconds, in place of the pool's `leakThresholdMs` and `idleThresholdMs` for leases taken in this session;
   * `Infinity` for none.
   * @default that of the session around, or the pool's
   */
  readonly leakThresholdMs?: number;
  /**
   * How urgent the acquires in this session are that do not say so themselves.
   * @default that of the session around, or `normal`
   */
  readonly priority?: AcquirePriority;
  /** Ends the session when it aborts; the session then rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** @default the system's clock */
  readonly clock?: Clock;
}

/** Who is asked before a statement is sent on a lease of a session, and told of each that the server refuses: a managed transaction. */
export interface StatementGate {
  /** What the statement rejects with in place of being sent; `undefined` for nothing. Runs in the context of whoever sends it. */
  refusal(record: LeaseRecord): Error | undefined;
  /** Before the lease knows what became of its transaction. */
  failed(record: LeaseRecord, error: Error): void;
}

/** The life of a session. */
export type SessionState = 'open' | 'ended' | 'expired' | 'aborted';

const FRAMES = 16;
let lastId = 0;

/** Where sessions begin is recorded within a budget, as where leases are acquired; one for all sessions of a clock. */
const recorders = new WeakMap<Clock, StackRecorder>();

function stacksOf(clock: Clock): StackRecorder {
  let recorder = recorders.get(clock);
  if (recorder === undefined) recorders.set(clock, (recorder = new StackRecorder(clock, { depth: FRAMES })));
  return recorder;
}

/** One managed block of work: it has a deadline, and the leases that are taken in it end with it. */
export class Session {
  readonly id: number = (lastId += 1);
  readonly kind: SessionKind;
  readonly traceId: string | undefined;
  readonly leakThresholdMs: number | undefined;
  readonly priority: AcquirePriority | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly parent: Session | undefined;
  readonly timeoutMs: number;
  readonly deadline: Deadline;
  /** Set by what runs transactions in it. @default nobody is asked */
  statements: StatementGate | undefined;
  readonly #name: SessionOptions['name'];
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #leases = new Set<LeaseRecord>();
  readonly #outerSignals: AbortSignal[];
  #trace: Error | StackTrace;
  #state: SessionState = 'open';
  #endedAt: number | undefined;

  constructor(options: SessionOptions, parent: Session | undefined) {
    const clock = options.clock ?? systemClock;
    this.#clock = clock;
    this.#name = options.name;
    this.kind = options.kind ?? 'session';
    this.traceId = options.traceId ?? parent?.traceId;
    this.leakThresholdMs = thresholdOf(options.leakThresholdMs) ?? parent?.leakThresholdMs;
    this.priority = priorityOf(options.priority) ?? parent?.priority;
    this.tags = Object.freeze({ ...options.tags });
    this.parent = parent;
    this.#trace = stacksOf(clock).record() ?? NO_TRACE;
    this.#startedAt = clock.now();
    // By what is left and not by the instant: the parent may go by another clock.
    this.timeoutMs = Math.min(timeoutOf(options.timeoutMs), parent?.remainingMs ?? Infinity);
    this.deadline = new Deadline(clock, this.#startedAt + this.timeoutMs, () =>
      this.#cutOff('expired', () => this.#timeoutError(), 'session-timeout'),
    );
    this.#outerSignals = [options.signal, ...signalsAround(parent)].filter((signal) => signal !== undefined);
    for (const signal of this.#outerSignals) signal.addEventListener('abort', this.#onOuterAbort);
    if (this.#outerSignals.some((signal) => signal.aborted)) this.#onOuterAbort();
  }

  get state(): SessionState {
    return this.#state;
  }

  /** As it may be shown: cut at 256 characters, without control characters. */
  get name(): string | undefined {
    try {
      const name = typeof this.#name === 'function' ? this.#name() : this.#name;
      return name === undefined ? undefined : printable(name);
    } catch {
      return undefined;
    }
  }

  /** Instant of its clock at which it was over, for whatever reason; `undefined` while it is open. */
  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  /** Aborts when the session is over before its work is: at the deadline, or when a signal around it aborts. */
  get signal(): AbortSignal {
    return this.deadline.signal;
  }

  /** Milliseconds left. */
  get remainingMs(): number {
    return this.deadline.remainingMs;
  }

  /** Where the session was begun; without a site when more begin than there is budget for (about a thousand a second). */
  get trace(): StackTrace {
    if (this.#trace instanceof Error) this.#trace = readRecordedStack(this.#trace);
    return this.#trace;
  }

  /** How many leases taken in this session are open. */
  get openLeases(): number {
    return this.#leases.size;
  }

  /** The tracker tells of a lease taken in this session. */
  attach(record: LeaseRecord): void {
    this.#leases.add(record);
  }

  /** The tracker tells that a lease is over. */
  detach(record: LeaseRecord): void {
    this.#leases.delete(record);
    // It had been handed on.
    if (this.#state === 'ended') this.parent?.detach(record);
  }

  /**
   * The work is done. Leases that are still open stay so, and are evidence of a leak; the session around, if there is one, ends
   * them when it is cut off. Does nothing when it is over.
   */
  end(): void {
    if (this.#state !== 'open') return;
    this.#become('ended');
    this.deadline[Symbol.dispose]();
    const around = innermostOpen(this.parent);
    for (const record of this.#leases) around?.attach(record);
  }

  /** Ends the session before its work is done: aborts its signal with `reason` and takes its leases back. */
  abort(reason: unknown): void {
    this.#cutOff('aborted', () => reason, 'session-aborted');
  }

  /** Runs `fn` and all that it starts inside this session. */
  run<T>(fn: () => T): T {
    return contextStorage().run(this.#context(), fn);
  }

  /** Leases held around stay known inside. */
  #context(): AsyncContext {
    return { session: this, holding: contextStorage().getStore()?.holding };
  }

  view(now: number): SessionView {
    return Object.freeze({
      id: this.id,
      kind: this.kind,
      name: this.name,
      tags: shownTags(this.tags),
      traceId: this.traceId === undefined ? undefined : printable(this.traceId, 64),
      ageMs: Math.max(0, now - this.#startedAt),
      timeoutMs: this.timeoutMs,
      endedMs: this.#endedAt === undefined ? undefined : Math.max(0, now - this.#endedAt),
    });
  }

  readonly #onOuterAbort = (): void => {
    const aborted = this.#outerSignals.find((signal) => signal.aborted);
    this.abort(aborted?.reason);
  };

  /** The signal first: those who wait for a connection in this session must be gone before one comes free. */
  #cutOff(state: 'expired' | 'aborted', makeCause: () => unknown, reason: RevokeReason): void {
    if (this.#state !== 'open') return;
    const cause = makeCause();
    this.#become(state);
    this.deadline.abort(cause);
    for (const record of [...this.#leases]) record.owner.revoke(record, reason, cause);
  }

  #become(state: Exclude<SessionState, 'open'>): void {
    this.#state = state;
    this.#endedAt = this.#clock.coarseNow();
    for (const signal of this.#outerSignals) signal.removeEventListener('abort', this.#onOuterAbort);
  }

  #timeoutError(): SessionTimeoutError {
    const now = this.#clock.coarseNow();
    const { name } = this;
    const title = name === undefined ? this.kind : `${this.kind} "${name}"`;
    const holding = [...this.#leases].map((record) => record.view(now));
    const rows: ReportRow[] = [['you', formatCallSite(this.trace.site)]];
    if (holding.length > 0) {
      rows.push([
        'holding',
        holding.map(
          (lease) => `lease #${lease.id} for ${formatDuration(lease.heldMs)}, ${activityOf(lease)}`,
        ),
      ]);
    }
    rows.push(['fix', 'give long work its own limit (timeoutMs), or split it into several short sessions']);
    return new SessionTimeoutError({
      summary: `${title} ended at its limit of ${formatDuration(this.timeoutMs)}`,
      rows,
      sessionName: name,
      timeoutMs: this.timeoutMs,
    });
  }
}

/** Most tags that are shown. */
const MAX_TAGS = 16;

function shownTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const shown = Object.entries(tags).slice(0, MAX_TAGS);
  return Object.freeze(
    Object.fromEntries(shown.map(([key, value]) => [printable(key, 64), printable(String(value))])),
  );
}

/** What a holder is doing, in the words of `pg_stat_activity`. */
export function activityOf(lease: {
  queryRunning: boolean;
  transaction: string;
  queries: number;
  lastQuery: string | undefined;
}): string {
  const last = lease.lastQuery === undefined ? '' : `: ${lease.lastQuery}`;
  if (lease.queryRunning) return `active${last}`;
  if (lease.transaction === 'open') return `idle in transaction, last${last || ' query unknown'}`;
  if (lease.transaction === 'failed') return `idle in transaction (aborted), last${last || ' query unknown'}`;
  return lease.queries === 0 ? 'no query yet' : `idle, last${last}`;
}

/**
 * The session of the code that runs now: the innermost that has not ended; `undefined` outside of any. Work that outlives
 * its session (fire and forget) counts for the one around it; a session that was cut off is returned, so that the caller
 * sees it and refuses.
 */
export function currentSession(): Session | undefined {
  return innermostOpen(contextStorage().getStore()?.session);
}

/** `session` itself, or the innermost around it, that has not ended. */
export function innermostOpen(session: Session | undefined): Session | undefined {
  let live = session;
  while (live !== undefined && live.state === 'ended') live = live.parent;
  return live;
}

/** Of each session around, and not of the nearest alone: this one may outlive that. */
function signalsAround(parent: Session | undefined): AbortSignal[] {
  const signals: AbortSignal[] = [];
  for (let session = parent; session !== undefined; session = session.parent) signals.push(session.signal);
  return signals;
}

/** `AbortSignal.reason` is `any`; callers reject with it as it is, as fetch and Kysely do. */
export function reasonOf(signal: AbortSignal): unknown {
  return signal.reason as unknown;
}

/** Runs `fn`, and all that it starts, outside of any session, and as holding nothing: work that is meant to be apart. */
export function outsideSession<T>(fn: () => T): T {
  return contextStorage().run(undefined, fn);
}

function thresholdOf(leakThresholdMs: number | undefined): number | undefined {
  if (leakThresholdMs === undefined || leakThresholdMs > 0) return leakThresholdMs;
  throw new InvalidOptionError(
    'leakThresholdMs',
    'a positive number of milliseconds, or Infinity for none',
    leakThresholdMs,
  );
}

function priorityOf(priority: AcquirePriority | undefined): AcquirePriority | undefined {
  if (priority === undefined || PRIORITIES.includes(priority)) return priority;
  throw new InvalidOptionError('priority', '"high", "normal" or "low"', priority);
}

function timeoutOf(timeoutMs: number | undefined): number {
  if (timeoutMs === undefined) return DEFAULT_SESSION_TIMEOUT_MS;
  if (Number.isFinite(timeoutMs) && timeoutMs > 0) return timeoutMs;
  if (timeoutMs === Infinity) return Infinity;
  throw new InvalidOptionError(
    'timeoutMs',
    'a positive number of milliseconds, or Infinity for no limit',
    timeoutMs,
  );
}
