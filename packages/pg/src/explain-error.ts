import { ConnectionLostError, PoolerError, QueryCancelledError, isLifeguardError } from '@lifeguard/core';
import {
  describeFailure,
  formatDuration,
  placeOfLease,
  serverTimeoutError,
  sqlFingerprint,
} from '@lifeguard/core/adapter';
import type { CancelledBy, LeaseRecord, LifeguardError, ServerLimit } from '@lifeguard/core';
import type { ReportRow } from '@lifeguard/core/adapter';
import { endedByLimit } from './ended-by-limit.ts';
import { poolerFailure } from './pooler-failure.ts';
import type { PoolerFailure } from './pooler-failure.ts';

/** Where the explanation of a driver's error stands; not enumerable, so that the error prints and serializes as ever. */
const EXPLANATION: unique symbol = Symbol.for('@lifeguard/explanation');

/** Wrapped more deeply than this, an error is not looked for. */
const MAX_DEPTH = 5;

/**
 * What an error of a query means, where Lifeguard knows it: `LG_QUERY_CANCELLED` for a statement that was stopped (57014),
 * `LG_SERVER_TIMEOUT` for a connection that the server ended by a limit (25P03, 25P04, 57P05), `LG_CONNECTION_LOST` for one that was
 * ended otherwise (57P01, 57P02, 57P04) or broke, `LG_POOLER` for what a pooler
 * in between has done (its 08P01; 26000 and 42P05 behind it), an error of Lifeguard itself as it is; `undefined` for every
 * other. The query goes on rejecting with the driver's own error. Looks into `cause` (in TypeORM `driverError`) too, since ORMs wrap
 * what they are given.
 *
 * @example
 * catch (error) {
 *   const explained = explainError(error);
 *   if (explained instanceof QueryCancelledError && explained.by === 'server') return retryLater();
 *   throw error;
 * }
 */
export function explainError(error: unknown): LifeguardError | undefined {
  let each = error;
  for (let depth = 0; depth < MAX_DEPTH && typeof each === 'object' && each !== null; depth += 1) {
    if (isLifeguardError(each)) return each;
    const explanation: unknown = Reflect.get(each, EXPLANATION);
    if (isLifeguardError(explanation)) return explanation;
    const limit = endedByLimit(each);
    if (limit !== undefined) return serverTimeoutError('the connection', undefined, each, limit);
    const failure = poolerFailure(each, false);
    if (failure !== undefined) return poolerError(failure, undefined, each);
    if (isEnded(each)) return lostError(each, undefined);
    each = madeOf(each);
  }
  return undefined;
}

function madeOf(error: object): unknown {
  return Reflect.get(error, 'cause') ?? Reflect.get(error, 'driverError');
}

/** What is known of a statement that the server has stopped. */
export interface StoppedStatement {
  readonly by: CancelledBy;
  readonly ranMs: number;
  readonly sql: string | undefined;
  readonly record: LeaseRecord;
}

/** Puts the explanation on the driver's error of a statement that was stopped. */
export function explainStopped(error: object, { by, ranMs, sql, record }: StoppedStatement): void {
  const rows: ReportRow[] = [['acquired', placeOfLease(record)]];
  if (sql !== undefined) rows.push(['statement', sqlFingerprint(sql)]);
  const explanation = new QueryCancelledError({
    summary: `a statement was stopped on the server after ${formatDuration(ranMs)} (by ${by})`,
    rows: [...rows, ['likely', LIKELY[by]], ['fix', FIX[by]]],
    by,
    cause: error,
  });
  attach(error, explanation);
}

/** Puts the explanation on the driver's error of a connection that a limit of the server has ended. */
export function explainEnded(error: object, limit: ServerLimit, record: LeaseRecord): void {
  attach(error, serverTimeoutError('the connection', record, error, limit));
}

/** Puts the explanation on the driver's error of a statement that failed because of a pooler. */
export function explainPooler(error: object, failure: PoolerFailure, record: LeaseRecord): void {
  attach(error, poolerError(failure, record, error));
}

/** Puts the explanation on an error of the driver's that says no more than that the connection has gone. */
export function explainLost(error: object, explanation: LifeguardError): void {
  if (!Object.hasOwn(error, EXPLANATION)) attach(error, explanation);
}

/** The same where the server has said so, and nobody knows more yet. Does nothing for another error. */
export function explainIfEnded(error: object, record: LeaseRecord): void {
  if (isEnded(error)) explainLost(error, lostError(error, record));
}

/** By SQLSTATE: the server has ended the connection (a shutdown or pg_terminate_backend, a crash, a dropped database), not a statement. */
const ENDED: ReadonlySet<unknown> = new Set(['57P01', '57P02', '57P04']);

function isEnded(error: object): boolean {
  return ENDED.has(Reflect.get(error, 'code'));
}

function lostError(error: object, record: LeaseRecord | undefined): ConnectionLostError {
  const whose = record === undefined ? 'the connection' : `the connection of lease #${record.id}`;
  return new ConnectionLostError({
    summary: `${whose} was ended by the server: ${describeFailure(error)}`,
    rows: record === undefined ? [] : [['acquired', placeOfLease(record)]],
    cause: error,
  });
}

function poolerError(failure: PoolerFailure, record: LeaseRecord | undefined, cause: unknown): PoolerError {
  const { reason, sqlState, summary, likely, fix } = failure;
  const acquired: ReportRow[] = record === undefined ? [] : [['acquired', placeOfLease(record)]];
  return new PoolerError({
    summary: `the pooler ${summary} (${sqlState})`,
    rows: [...acquired, ['likely', likely], ['fix', fix]],
    reason,
    sqlState,
    cause,
  });
}

const LIKELY: Readonly<Record<CancelledBy, string>> = {
  lifeguard: 'cancel() was called for its lease, or its session was ended',
  server: 'it took longer than statement_timeout allows',
  operator: 'somebody called pg_cancel_backend() for it',
};

const FIX: Readonly<Record<CancelledBy, string>> = {
  lifeguard: 'none, if that was meant; else give the work more time',
  server:
    'make the statement faster, or give its transaction a longer limit (timeoutMs of its session, or SET LOCAL statement_timeout)',
  operator: 'ask who looks after the database; another client of yours may do it too',
};

function attach(error: object, explanation: LifeguardError): void {
  Object.defineProperty(error, EXPLANATION, { value: explanation, configurable: true });
}
