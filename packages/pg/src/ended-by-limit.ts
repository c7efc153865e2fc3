import type { ServerLimit } from '@lifeguard/core';

/** By SQLSTATE, the limits of the server that end a connection, and not just a statement. */
const LIMITS: Readonly<Record<string, ServerLimit>> = {
  '25P03': { sqlState: '25P03', setting: 'idle_in_transaction_session_timeout', heldIdle: true },
  '25P04': { sqlState: '25P04', setting: 'transaction_timeout', heldIdle: false },
  '57P05': { sqlState: '57P05', setting: 'idle_session_timeout', heldIdle: true },
};

/** PgBouncer says everything under one SQLSTATE; its texts are never translated. */
const POOLER_STATE = '08P01';
const POOLER_LIMITS: Readonly<Record<string, ServerLimit>> = {
  'query timeout': poolerLimit('query_timeout', false),
  query_timeout: poolerLimit('query_timeout', false),
  'idle transaction timeout': poolerLimit('idle_transaction_timeout', true),
  idle_transaction_timeout: poolerLimit('idle_transaction_timeout', true),
  client_idle_timeout: poolerLimit('client_idle_timeout', true),
};

/** The time limit, of the server or of a pooler, that this error tells of; `undefined` when it tells of something else. */
export function endedByLimit(error: unknown): ServerLimit | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  const { code } = error;
  if (typeof code !== 'string') return undefined;
  if (code !== POOLER_STATE) return own(LIMITS, code);
  return 'message' in error && typeof error.message === 'string'
    ? own(POOLER_LIMITS, error.message)
    : undefined;
}

function own(limits: Readonly<Record<string, ServerLimit>>, key: string): ServerLimit | undefined {
  return Object.hasOwn(limits, key) ? limits[key] : undefined;
}

function poolerLimit(setting: string, heldIdle: boolean): ServerLimit {
  return { sqlState: POOLER_STATE, setting: `${setting} (PgBouncer)`, heldIdle };
}
