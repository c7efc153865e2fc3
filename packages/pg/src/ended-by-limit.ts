import type { ServerLimit } from '@lifeguard/core';

/** By SQLSTATE, the limits of the server that end a connection, and not just a statement. */
const LIMITS: Readonly<Record<string, ServerLimit>> = {
  '25P03': { sqlState: '25P03', setting: 'idle_in_transaction_session_timeout', heldIdle: true },
  '25P04': { sqlState: '25P04', setting: 'transaction_timeout', heldIdle: false },
  '57P05': { sqlState: '57P05', setting: 'idle_session_timeout', heldIdle: true },
};

/** The time limit of the server that this error tells of; `undefined` when it tells of something else. */
export function endedByLimit(error: unknown): ServerLimit | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'string' && Object.hasOwn(LIMITS, code) ? LIMITS[code] : undefined;
}
