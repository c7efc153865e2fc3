import { AsyncLocalStorage } from 'node:async_hooks';
import type { Session } from './session.ts';

/**
 * Carries the current {@link Session} along asynchronous calls. `AsyncLocalStorage` has this very shape; another context
 * library (cls-hooked, a framework's own) plugs in by implementing it.
 */
export interface ContextStorage {
  /** The session of the code that runs now, if any. */
  getStore(): Session | undefined;
  /** Runs `fn`, and all that it starts, inside `session`; outside of any when it is `undefined`. */
  run<T>(session: Session | undefined, fn: () => T): T;
}

/** Under a global symbol, so that two copies of this package (a bundled one, a nested dependency) share one context. */
const KEY = Symbol.for('@lifeguard/context-storage/v1');
const shared = globalThis as { [KEY]?: ContextStorage };

shared[KEY] ??= new AsyncLocalStorage<Session | undefined>();

/** The storage in use. */
export function contextStorage(): ContextStorage {
  return shared[KEY] as ContextStorage;
}

/** Replaces the storage for the whole process and returns the former one. Call it before the first session begins. */
export function setContextStorage(storage: ContextStorage): ContextStorage {
  const former = contextStorage();
  shared[KEY] = storage;
  return former;
}
