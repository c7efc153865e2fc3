import type { Session } from '@lifeguard/core';

const carriers = new WeakMap<Session, Carrier>();

/**
 * What a context of a namespace holds of a session. Such a context may outlive the session by far, or turn up in work that
 * has nothing to do with it; so this refers to the session weakly, and gives it only while it is open. An open session is
 * held by whoever is to end it.
 */
export class Carrier {
  /** Carries that there is no session, whatever the contexts around have. */
  static readonly none: Carrier = new Carrier(undefined);

  readonly #session: WeakRef<Session> | undefined;
  readonly #outer: Carrier | undefined;

  private constructor(session: Session | undefined) {
    this.#session = session === undefined ? undefined : new WeakRef(session);
    // Not by way of the session: when that is collected, the one around it must still be found.
    this.#outer = session?.parent === undefined ? undefined : Carrier.of(session.parent);
  }

  /** One for each session. */
  static of(session: Session | undefined): Carrier {
    if (session === undefined) return Carrier.none;
    let carrier = carriers.get(session);
    if (carrier === undefined) carriers.set(session, (carrier = new Carrier(session)));
    return carrier;
  }

  /** The innermost session that is open: neither ended, nor cut off at its deadline. */
  get session(): Session | undefined {
    const session = this.#session?.deref();
    return session?.state === 'open' ? session : this.#outer?.session;
  }
}
