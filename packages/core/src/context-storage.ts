import { AsyncLocalStorage } from 'node:async_hooks';
import type { Holding } from './holding.ts';
import type { Operation } from './operation.ts';
import type { Session } from './session.ts';

/** What asynchronous calls carry along. */
export interface AsyncContext {
  /** The innermost session around. */
  readonly session: Session | undefined;
  /** The innermost lease held by a block around; not those that are only given back somewhere else. */
  readonly holding: Holding | undefined;
  /** What is being done, where a data layer says so; until the next block begins. */
  readonly operation?: Operation | undefined;
}

/**
 * Carries the {@link AsyncContext} along asynchronous calls. `AsyncLocalStorage` has this very shape; another context
 * library (cls-hooked, a framework's own) plugs in by implementing it.
 */
export interface ContextStorage {
  /** The context of the code that runs now, if any. */
  getStore(): AsyncContext | undefined;
  /** Runs `fn`, and all that it starts, inside `context`; outside of any when it is `undefined`. */
  run<T>(context: AsyncContext | undefined, fn: () => T): T;
  /** Makes `context` that of the code from here on. Without it, blocks that somebody else runs are not known to hold. */
  enterWith?(context: AsyncContext): void;
}

/** Under a global symbol, so that two copies of this package (a bundled one, a nested dependency) share one context. */
const KEY = Symbol.for('@lifeguard/context-storage/v2');
const shared = globalThis as { [KEY]?: ContextStorage };

shared[KEY] ??= createStorage();

/**
 * Before Node 24 a storage follows only promises that were made after its first use. One that is first used by
 * `enterWith`, deep in a call, would tell the callers too; so it is used at once.
 */
function createStorage(): AsyncLocalStorage<AsyncContext | undefined> {
  const storage = new AsyncLocalStorage<AsyncContext | undefined>();
  storage.enterWith(undefined);
  return storage;
}

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
