import { started } from './run-session.ts';
import { Session, currentSession } from './session.ts';
import type { SessionOptions } from './session.ts';

/** How a scope differs from a request without a limit. */
export type ScopeOptions = Pick<
  SessionOptions,
  'traceId' | 'timeoutMs' | 'leakThresholdMs' | 'priority' | 'clock'
>;

/**
 * Begins the scope of a request or a job: a session without a deadline of its own, whose purpose is to be named. A lease
 * taken in it that is open when it has ended is reported as `orphaned`, with its name and tags. For frameworks that call
 * back; elsewhere {@link runScope} ends it for you. The caller must `end()` it.
 */
export function beginScope(
  name: string | (() => string | undefined),
  tags: Readonly<Record<string, string>> = {},
  options: ScopeOptions = {},
): Session {
  return new Session({ timeoutMs: Infinity, ...options, kind: 'request', name, tags }, currentSession());
}

/**
 * Runs `fn` in a scope of this name, and ends the scope with it. Settles as `fn` does; takes nothing back.
 *
 * @example
 * await runScope('nightly invoices', { tenant: 'acme' }, async () => {
 *   await sendInvoices(db);
 * });
 */
export async function runScope<T>(
  name: string,
  tags: Readonly<Record<string, string>>,
  fn: (scope: Session) => Promise<T> | T,
): Promise<T> {
  const scope = beginScope(name, tags);
  try {
    return await scope.run(() => started(() => fn(scope)));
  } finally {
    scope.end();
  }
}
