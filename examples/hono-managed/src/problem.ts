import { isLifeguardError } from '@lifeguard/core';

/** What a caller is told when something fails on our side. */
export interface Problem {
  readonly status: 500 | 503 | 504;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: string; readonly code?: string };
}

/** No connection for this request: others may be served, and this one later. */
const BUSY: readonly string[] = [
  'LG_ACQUIRE_TIMEOUT',
  'LG_OVERLOADED',
  'LG_QUEUE_FULL',
  'LG_POOL_DEADLOCK',
  'LG_POOL_CLOSED',
  'LG_CONNECT_FAILED',
  'LG_CONNECT_TIMEOUT',
  'LG_SERVER_REFUSED',
];

/** It had a connection, and no more time. */
const TOO_SLOW: readonly string[] = ['LG_SESSION_TIMEOUT', 'LG_LEASE_REVOKED', 'LG_SERVER_TIMEOUT'];

/** Details are for the log: the caller learns whether to come back, and when. */
export function problemOf(error: unknown): Problem {
  const code = isLifeguardError(error) ? error.code : undefined;
  if (code !== undefined && BUSY.includes(code)) {
    const headers = { 'retry-after': String(retryAfterS(error)) };
    return { status: 503, headers, body: { error: 'busy, please try again', code } };
  }
  if (code !== undefined && TOO_SLOW.includes(code))
    return { status: 504, headers: {}, body: { error: 'this took too long', code } };
  return { status: 500, headers: {}, body: { error: 'something went wrong here' } };
}

/** Of an overload, the pool knows when it is worth another try. */
function retryAfterS(error: unknown): number {
  const isKnown = error instanceof Error && 'retryAfterMs' in error && typeof error.retryAfterMs === 'number';
  return isKnown ? Math.max(1, Math.ceil(Number(error.retryAfterMs) / 1_000)) : 1;
}
