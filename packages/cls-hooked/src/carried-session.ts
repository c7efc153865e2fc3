import type { Session, SessionKind } from '@lifeguard/core';

/** What a namespace shows of the session that its active context carries, as of the moment at which it is asked. */
export interface CarriedSession {
  readonly id: number;
  readonly kind: SessionKind;
  readonly name: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly traceId: string | undefined;
  /** Milliseconds until the deadline; `Infinity` without one. */
  readonly remainingMs: number;
}

/** A session as data, with all that is text as it may be shown. */
export function carriedSession(session: Session): CarriedSession {
  const { id, kind, name, tags, traceId } = session.view(0);
  return Object.freeze({ id, kind, name, tags, traceId, remainingMs: session.remainingMs });
}
