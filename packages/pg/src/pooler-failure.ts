import type { PoolerFailureReason } from '@lifeguard/core';

/** What a pooler could not do, and what to do about it. */
export interface PoolerFailure {
  readonly reason: PoolerFailureReason;
  readonly sqlState: string;
  /** Completes "the pooler …". */
  readonly summary: string;
  readonly likely: string;
  readonly fix: string;
}

interface Known extends Omit<PoolerFailure, 'sqlState'> {
  readonly text: RegExp;
}

/** By PgBouncer's texts, which it sends all under 08P01 and never translates. */
const BY_TEXT: readonly Known[] = [
  {
    text: /^query_wait_timeout$/,
    reason: 'no-backend',
    summary: 'had no backend for a statement within its query_wait_timeout',
    likely: 'long transactions of all its clients hold its default_pool_size backends, or the server is down',
    fix: 'make transactions shorter; make the pools of the instances smaller: sizePerInstance() does the sum',
  },
  {
    text: /^server conn crashed\?$/,
    reason: 'backend-lost',
    summary: 'lost the backend in the middle of a transaction',
    likely: 'the server has ended it (a restart, an operator, a limit: its own words came just before)',
    fix: 'try the transaction again; look at the server log',
  },
  {
    text: /server_login_retry|cannot connect to server|^server login failed/i,
    reason: 'server-down',
    summary: 'cannot log in to the server',
    likely: 'the server is down or starting, or refuses the user of the pooler',
    fix: 'look at the log of the pooler; it tries again every server_login_retry',
  },
  {
    text: /^transaction blocks not allowed in statement pooling mode$/,
    reason: 'statement-mode',
    summary: 'refused a transaction',
    likely: 'it runs with pool_mode = statement',
    fix: 'set pool_mode = transaction for this database',
  },
];

const PREPARED: Omit<PoolerFailure, 'sqlState' | 'summary'> = {
  reason: 'prepared-statement',
  likely:
    'it was prepared on another backend: a transaction pooler changes backends between transactions, and PgBouncer before 1.21 does not carry prepared statements along',
  fix: 'send statements without a name; or PgBouncer 1.21 or later with max_prepared_statements above 0',
};

/**
 * What an error says of a pooler; `undefined` when it says nothing of one. `behindPooler`: whether one is known to be there,
 * without which an error about a prepared statement is the application's own.
 */
export function poolerFailure(error: unknown, behindPooler: boolean): PoolerFailure | undefined {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (code === '08P01' && typeof message === 'string') {
    const known = BY_TEXT.find(({ text }) => text.test(message));
    if (known === undefined) return undefined;
    const { text: _, ...failure } = known;
    return { ...failure, sqlState: code };
  }
  if (!behindPooler) return undefined;
  if (code === '26000')
    return { ...PREPARED, sqlState: code, summary: 'gave a backend that lacks the prepared statement' };
  if (code === '42P05')
    return {
      ...PREPARED,
      sqlState: code,
      summary: 'gave a backend on which another client has prepared a statement of the same name',
    };
  return undefined;
}
