import { Session } from '@lifeguard/core';
import type { SessionOptions } from '@lifeguard/core';

/**
 * Runs `work` in a new session and ends it with the work. Settles as the work does, and not later than the session's
 * deadline or abort, with its reason.
 */
export async function inSession<T>(
  options: SessionOptions,
  parent: Session | undefined,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = new Session(options, parent);
  try {
    return await untilOver(session, () => work(session));
  } finally {
    session.end();
  }
}

/** Runs `work` inside the session; rejects with the reason of the session's end when that comes first. */
export async function untilOver<T>(session: Session, work: () => Promise<T> | T): Promise<T> {
  const over = Promise.withResolvers<never>();
  const onAbort = (): void => over.reject(session.signal.reason);
  if (session.state === 'expired' || session.state === 'aborted') throw session.signal.reason;
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

/** Throws the reason of a session that was cut off; for the moments after a wait. */
export function throwIfOver(session: Session): void {
  if (session.signal.aborted) throw session.signal.reason;
}
