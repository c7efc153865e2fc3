import { isLifeguardError } from '@lifeguard/core';

/** What a caller is told when something fails on our side. */
export interface Problem {
  readonly status: 500 | 503 | 504;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: string };
}

/** No connection for this request: others may be served, and this one later. The codes are PostgreSQL's and Node's. */
const BUSY: readonly string[] = ['53300', '57P03', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT'];

/** It had a connection, and no more time: ended by its deadline, or on the server by `statement_timeout`. */
const TOO_SLOW: readonly string[] = ['LG_SESSION_TIMEOUT', '57014', '25P03'];

/** Details are for the log: the caller learns whether to come back. */
export function problemOf(error: unknown): Problem {
  const code = codeOf(error);
  if (isPoolTimeout(error) || BUSY.includes(code))
    return { status: 503, headers: { 'retry-after': '1' }, body: { error: 'busy, please try again' } };
  if (TOO_SLOW.includes(code)) return { status: 504, headers: {}, body: { error: 'this took too long' } };
  return { status: 500, headers: {}, body: { error: 'something went wrong here' } };
}

/** What to name an error by: ours, PostgreSQL's or Node's. */
export function codeOf(error: unknown): string {
  if (isLifeguardError(error)) return error.code;
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** pg.Pool has no code for it. */
function isPoolTimeout(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('timeout exceeded when trying to connect');
}
