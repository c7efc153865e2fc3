import type { Session } from '@lifeguard/core';
import type { AsyncContext, ContextStorage } from '@lifeguard/core/adapter';
import { activeContext, inContext } from './bridgeable-namespace.ts';
import type { BridgeableNamespace } from './bridgeable-namespace.ts';
import { Carrier } from './carrier.ts';
import { carrierOf, carryingContext } from './carrying-context.ts';

/** Carries the context by the storage that was there before, and its session by a namespace as well. */
export class BridgedStorage implements ContextStorage {
  readonly former: ContextStorage;
  readonly #namespace: BridgeableNamespace;
  readonly #key: string;
  #isOpen = true;

  constructor(former: ContextStorage, namespace: BridgeableNamespace, key: string) {
    this.former = former;
    this.#namespace = namespace;
    this.#key = key;
  }

  /** What is in force once this is closed: the former storage, or what is below it, if that has been closed as well. */
  get below(): ContextStorage {
    const { former } = this;
    return former instanceof BridgedStorage && !former.#isOpen ? former.below : former;
  }

  /** From here on it is the former storage. */
  close(): void {
    this.#isOpen = false;
  }

  getStore(): AsyncContext | undefined {
    const store = this.former.getStore();
    if (!this.#isOpen) return store;
    const carried = carrierOf(activeContext(this.#namespace))?.session;
    if (carried === undefined || carried === store?.session) return store;
    return withCarried(carried, store);
  }

  run<T>(context: AsyncContext | undefined, fn: () => T): T {
    if (!this.#isOpen) return this.former.run(context, fn);
    const active = activeContext(this.#namespace);
    const carrier = Carrier.of(context?.session);
    // Most often only the lease changes that is held. The namespace is left as it is then, as it is outside of any session.
    if (carrier === (carrierOf(active) ?? Carrier.none)) return this.former.run(context, fn);
    const base = active ?? (this.#namespace.createContext() as object);
    const carrying = carryingContext(base, carrier, this.#key);
    return this.former.run(context, () => inContext(this.#namespace, carrying, fn));
  }

  enterWith(context: AsyncContext): void {
    this.former.enterWith?.(context);
  }
}

/**
 * Whoever has lost the one context may have another's (that of who gave a connection back, say), and a namespace is what its
 * users bind their functions to. So the namespace is right about a stranger's session; but where one of the two is around the
 * other, the inner is meant.
 */
function withCarried(carried: Session, store: AsyncContext | undefined): AsyncContext | undefined {
  const own = notEnded(store?.session);
  if (own === undefined) return { holding: undefined, ...store, session: carried };
  if (isAround(carried, own)) return store;
  // A stranger's lease is not held by this code, nor is it part of a stranger's operation.
  return isAround(own, carried)
    ? { holding: undefined, ...store, session: carried }
    : { session: carried, holding: undefined };
}

function notEnded(session: Session | undefined): Session | undefined {
  let live = session;
  while (live?.state === 'ended') live = live.parent;
  return live;
}

function isAround(outer: Session, inner: Session): boolean {
  let session: Session | undefined = inner;
  while (session !== undefined && session !== outer) session = session.parent;
  return session !== undefined;
}
