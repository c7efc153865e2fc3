import type { DeadlockLink } from './deadlock-error.ts';
import type { NestedAcquireReport } from './nested-acquire.ts';
import type { HolderView, LeaseView, PoolCounts } from './snapshot.ts';
import { moreRow, renderReport } from './error-report.ts';
import type { ReportRow } from './error-report.ts';

/** Every code has a page in `docs/errors.md`, which `lifeguard explain` shows. Match on the code, not on the class: two copies of a package may coexist. */
export type ErrorCode =
  | 'LG_ACQUIRE_TIMEOUT'
  | 'LG_QUEUE_FULL'
  | 'LG_OVERLOADED'
  | 'LG_CONNECT_FAILED'
  | 'LG_CONNECT_TIMEOUT'
  | 'LG_SERVER_REFUSED'
  | 'LG_POOL_CLOSED'
  | 'LG_LEASE_RELEASED'
  | 'LG_LEASE_REVOKED'
  | 'LG_CONNECTION_LOST'
  | 'LG_SESSION_TIMEOUT'
  | 'LG_POOL_DEADLOCK'
  | 'LG_NESTED_ACQUIRE'
  | 'LG_STRAY_QUERY'
  | 'LG_SERVER_TIMEOUT'
  | 'LG_QUERY_CANCELLED'
  | 'LG_POOLER'
  | 'LG_COMMIT_ROLLED_BACK'
  | 'LG_INVALID_OPTION'
  | 'LG_INVALID_SETTINGS'
  | 'LG_UNSUPPORTED'
  | 'LG_BUG';

/** Codes of what is reported but not thrown: in the log, in events, in snapshots. They have their pages there too. */
export type WarningCode =
  | 'LG_LEAK_SUSPECTED'
  | 'LG_SLOW_LEASE'
  | 'LG_NESTED_ACQUIRE'
  | 'LG_STRAY_QUERY'
  | 'LG_POOLER'
  | 'LG_ALERT'
  | 'LG_ALERT_UNDELIVERED'
  | 'LG_LISTENER_FAILED';

/** What an error is made of: a first line with the numbers, and rows that say where, why and what to do. */
export interface ErrorParts {
  readonly summary: string;
  readonly rows?: readonly ReportRow[];
  /** The whole message, where it has been put together already, in place of both. */
  readonly message?: string;
  readonly cause?: unknown;
}

/** The base of all errors of Lifeguard. `message` is the whole report; `summary` its first line. */
export class LifeguardError extends Error {
  readonly code: ErrorCode;
  readonly summary: string;

  constructor(code: ErrorCode, parts: ErrorParts) {
    super(
      parts.message ?? renderReport(parts.summary, [...(parts.rows ?? []), moreRow(code)]),
      parts.cause === undefined ? undefined : { cause: parts.cause },
    );
    this.name = `LifeguardError [${code}]`;
    this.code = code;
    this.summary = parts.summary;
  }

  /** The error itself: Prisma replaces an error by one of its own, and keeps of the first what stands under this name. */
  get meta(): { readonly lifeguard: LifeguardError } {
    return { lifeguard: this };
  }
}

/** Whether `error` is one of ours, also when another copy of this package made it; with `code`, whether it is that one. */
export function isLifeguardError(error: unknown, code?: ErrorCode): error is LifeguardError {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return code === undefined ? error.code.startsWith('LG_') : error.code === code;
}

/** No connection became free in time. Thrown by `acquire`; not when the database cannot be reached (see {@link ConnectError}). */
export class AcquireTimeoutError extends LifeguardError {
  readonly pool: PoolCounts;
  readonly waitedMs: number;
  /** Who holds the connections, longest first, a row for each place in the code. */
  readonly holders: readonly HolderView[];

  constructor(parts: ErrorParts & { pool: PoolCounts; waitedMs: number; holders: readonly HolderView[] }) {
    super('LG_ACQUIRE_TIMEOUT', parts);
    this.pool = parts.pool;
    this.waitedMs = parts.waitedMs;
    this.holders = parts.holders;
  }
}

/** The queue is at its limit; rejected at once, since waiting longer would only have made it worse. */
export class QueueFullError extends LifeguardError {
  readonly pool: PoolCounts;
  readonly holders: readonly HolderView[];

  constructor(parts: ErrorParts & { pool: PoolCounts; holders: readonly HolderView[] }) {
    super('LG_QUEUE_FULL', parts);
    this.pool = parts.pool;
    this.holders = parts.holders;
  }
}

/** Why somebody was turned away before its time: more come than are served, or the rest of its session is too short. */
export type ShedReason = 'excess' | 'session-too-short';

/**
 * More callers come than are served, and this one was turned away so that others are served in time. Trying again at once
 * makes it worse: answer 503 with `Retry-After`, or wait for `retryAfterMs` and a random time more.
 */
export class OverloadedError extends LifeguardError {
  readonly reason: ShedReason;
  readonly pool: PoolCounts;
  readonly holders: readonly HolderView[];
  readonly waitedMs: number;
  /** How long it would have had to wait, as far as is known. */
  readonly expectedWaitMs: number | undefined;
  /** Callers a second that find no connection, and how many of them are served. */
  readonly arrivalsPerSecond: number;
  readonly servedPerSecond: number;
  /** Sooner than that the pool does not change its mind. */
  readonly retryAfterMs: number;

  constructor(parts: ErrorParts & Omit<OverloadedError, keyof LifeguardError>) {
    super('LG_OVERLOADED', parts);
    this.reason = parts.reason;
    this.pool = parts.pool;
    this.holders = parts.holders;
    this.waitedMs = parts.waitedMs;
    this.expectedWaitMs = parts.expectedWaitMs;
    this.arrivalsPerSecond = parts.arrivalsPerSecond;
    this.servedPerSecond = parts.servedPerSecond;
    this.retryAfterMs = parts.retryAfterMs;
  }
}

/** Every connection is held by code that itself waits for one: rejected at once, since waiting could not have ended. */
export class PoolDeadlockError extends LifeguardError {
  readonly pool: PoolCounts;
  /** Which lease is held up by which wait. */
  readonly chain: readonly DeadlockLink[];

  constructor(parts: ErrorParts & { pool: PoolCounts; chain: readonly DeadlockLink[] }) {
    super('LG_POOL_DEADLOCK', parts);
    this.pool = parts.pool;
    this.chain = parts.chain;
  }
}

/** Code that holds a connection asked for another one, where `nestedAcquire` forbids it. */
export class NestedAcquireError extends LifeguardError {
  readonly report: NestedAcquireReport;

  constructor(parts: ErrorParts & { report: NestedAcquireReport }) {
    super('LG_NESTED_ACQUIRE', parts);
    this.report = parts.report;
  }
}

/** Connections could not be opened; `cause` is the last failure. `LG_SERVER_REFUSED` when the server has no room for more. */
export class ConnectError extends LifeguardError {
  readonly pool: PoolCounts;
  readonly attempts: number;

  constructor(
    parts: ErrorParts & {
      code?: 'LG_CONNECT_FAILED' | 'LG_CONNECT_TIMEOUT' | 'LG_SERVER_REFUSED';
      pool: PoolCounts;
      attempts: number;
    },
  ) {
    super(parts.code ?? 'LG_CONNECT_FAILED', parts);
    this.pool = parts.pool;
    this.attempts = parts.attempts;
  }
}

/** The pool is closing or closed. */
export class PoolClosedError extends LifeguardError {
  constructor(poolName: string) {
    super('LG_POOL_CLOSED', {
      summary: `pool "${poolName}" is closed`,
      rows: [['fix', 'acquire nothing after close(); stop taking requests before you close the pool']],
    });
  }
}

/** A lease was used after it had been given back. Nothing was sent to the server. */
export class LeaseReleasedError extends LifeguardError {
  constructor(parts: ErrorParts) {
    super('LG_LEASE_RELEASED', parts);
  }
}

/** Why a lease was taken back from its holder. */
export type RevokeReason = 'session-timeout' | 'session-aborted' | 'leak' | 'close' | 'operator';

/** The lease was taken back from its holder. Every later call on it rejects with this error. */
export class LeaseRevokedError extends LifeguardError {
  readonly reason: RevokeReason;
  /** When it was taken back: ISO 8601, wall clock. */
  readonly revokedAt: string;
  /** What it was at that moment: where it was acquired, for how long it was held, what it had done. */
  readonly lease: LeaseView;

  constructor(parts: ErrorParts & { reason: RevokeReason; revokedAt: string; lease: LeaseView }) {
    super('LG_LEASE_REVOKED', parts);
    this.reason = parts.reason;
    this.revokedAt = parts.revokedAt;
    this.lease = parts.lease;
  }
}

/** The connection died while it was leased. */
export class ConnectionLostError extends LifeguardError {
  constructor(parts: ErrorParts) {
    super('LG_CONNECTION_LOST', parts);
  }
}

/** The server ended the connection by a time limit of its own (SQLSTATE 25P03, 25P04, 57P05). `cause` is what it said. */
export class ServerTimeoutError extends LifeguardError {
  readonly sqlState: string;
  /** The server's setting that acted, such as `idle_in_transaction_session_timeout`. */
  readonly setting: string;

  constructor(parts: ErrorParts & { sqlState: string; setting: string }) {
    super('LG_SERVER_TIMEOUT', parts);
    this.sqlState = parts.sqlState;
    this.setting = parts.setting;
  }
}

/** Who stopped a statement: we, on behalf of a session or of `cancel()`; a time limit of the server; somebody else. */
export type CancelledBy = 'lifeguard' | 'server' | 'operator';

/** A statement was stopped on the server (SQLSTATE 57014); its connection goes on. `cause` is what the server said. */
export class QueryCancelledError extends LifeguardError {
  readonly sqlState: string = '57014';
  readonly by: CancelledBy;

  constructor(parts: ErrorParts & { by: CancelledBy }) {
    super('LG_QUERY_CANCELLED', parts);
    this.by = parts.by;
  }
}

/** What a pooler between us and the server could not do; see `lifeguard explain LG_POOLER`. */
export type PoolerFailureReason =
  | 'no-backend'
  | 'backend-lost'
  | 'server-down'
  | 'statement-mode'
  | 'prepared-statement';

/** A statement failed because of the pooler between us and the server. `cause` is what it, or the server, said. */
export class PoolerError extends LifeguardError {
  readonly reason: PoolerFailureReason;
  readonly sqlState: string;

  constructor(parts: ErrorParts & { reason: PoolerFailureReason; sqlState: string }) {
    super('LG_POOLER', parts);
    this.reason = parts.reason;
    this.sqlState = parts.sqlState;
  }
}

/** A session ran past its deadline and was ended. */
export class SessionTimeoutError extends LifeguardError {
  readonly sessionName: string | undefined;
  readonly timeoutMs: number;

  constructor(parts: ErrorParts & { sessionName: string | undefined; timeoutMs: number }) {
    super('LG_SESSION_TIMEOUT', parts);
    this.sessionName = parts.sessionName;
    this.timeoutMs = parts.timeoutMs;
  }
}

/** An option is not what it may be. */
export class InvalidOptionError extends LifeguardError {
  readonly option: string;

  constructor(option: string, expected: string, actual: unknown, shown: string = describeValue(actual)) {
    super('LG_INVALID_OPTION', {
      summary: `option "${option}" must be ${expected}, got ${shown}`,
    });
    this.option = option;
  }
}

/** An option that does not exist. What was given for it is not shown: it may be a misspelt `password`. */
export function unknownOptionError(option: string, hint: string, actual: unknown): InvalidOptionError {
  const shown = typeof actual === 'string' ? 'a string' : describeValue(actual);
  return new InvalidOptionError(option, `left out: there is no such option${hint}`, actual, shown);
}

/** Our own mistake: a state that must not be. Please report it. */
export class InvariantError extends LifeguardError {
  constructor(what: string) {
    super('LG_BUG', {
      summary: `BUG: ${what}`,
      rows: [['fix', 'this is a defect of Lifeguard, not of your code; please report it with this stack']],
    });
  }
}

function describeValue(value: unknown): string {
  // An address may hold a password, wherever it was put.
  if (typeof value === 'string' && value.includes('://')) return 'a URL';
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 60))}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}
