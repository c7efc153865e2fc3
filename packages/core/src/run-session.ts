import { Session, currentSession, reasonOf } from './session.ts';
import type { SessionOptions } from './session.ts';

/**
 * Runs `fn` in a new session and ends it with `fn`. Rejects with `LG_SESSION_TIMEOUT` at the deadline, or with the reason
 * of an aborted signal, whether or not `fn` ever returns; a result that comes later is dropped. Never swallows the error
 * of an `fn` that fails in time.
 *
 * @example
 * const report = await runSession({ name: 'report', timeoutMs: 10_000 }, async () => {
 *   await using lease = await pool.lease();
 *   return await lease.query('select * from big_report()');
 * });
 */
export async function runSession<T>(
  options: SessionOptions,
  fn: (session: Session) => Promise<T> | T,
): Promise<T> {
  const session = new Session(options, currentSession());
  try {
    return await untilOver(session, () => fn(session));
  } finally {
    session.end();
  }
}

/**
 * Runs `work` inside the session, and settles as it does; but rejects with the reason of the session's end when that comes
 * first. Does not end the session.
 */
export async function untilOver<T>(session: Session, work: () => Promise<T> | T): Promise<T> {
  if (session.state === 'expired' || session.state === 'aborted') throw reasonOf(session.signal);
  const over = Promise.withResolvers<never>();
  const onAbort = (): void => over.reject(reasonOf(session.signal));
  session.signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([session.run(() => started(work)), over.promise]);
  } finally {
    session.signal.removeEventListener('abort', onAbort);
  }
}

/** A lazy thenable (Prisma, Drizzle, Knex) starts its work when it is awaited; so that must happen inside the session. */
export async function started<T>(work: () => Promise<T> | T): Promise<T> {
  const result = await work();
  return result;
}
