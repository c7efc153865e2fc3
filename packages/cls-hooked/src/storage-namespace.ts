import { AsyncLocalStorage, executionAsyncId } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import { bindListeners } from './bind-listeners.ts';
import { entering, exiting } from './entered.ts';
import type { Entered } from './entered.ts';
import { contextOfError, markError } from './error-context.ts';
import type { Namespace, NamespaceContext, NamespaceValues } from './namespace.ts';

/** A context, as this side of the interface sees it. */
type Context = Record<PropertyKey, unknown>;

/** cls-hooked's namespace over an `AsyncLocalStorage`, which no event of another context can leave in the wrong one. */
export class StorageNamespace implements Namespace<NamespaceValues> {
  readonly name: string;
  readonly id: number;
  readonly #storage = new AsyncLocalStorage<Entered | undefined>();

  constructor(name: string) {
    this.name = name;
    this.id = executionAsyncId() || -1;
    // Before Node 24 it follows only promises that were made after its first use.
    this.#storage.enterWith(this.#storage.getStore());
  }

  get active(): NamespaceContext {
    return this.#storage.getStore()?.context ?? null;
  }

  set active(context: NamespaceContext) {
    const outer = this.#storage.getStore()?.outer;
    this.#storage.enterWith(context == null ? undefined : entering(context as object, outer));
  }

  set<T>(key: PropertyKey, value: T): T {
    const active = this.active as Context | null;
    if (active === null) throw new Error('No context available. ns.run() or ns.bind() must be called first.');
    // Assigned, it would replace what the context inherits from.
    if (key === '__proto__')
      Object.defineProperty(active, key, { value, writable: true, configurable: true });
    else active[key] = value;
    return value;
  }

  get(key: PropertyKey): NamespaceContext {
    return (this.active as Context | null)?.[key];
  }

  createContext(): NamespaceContext {
    const context = Object.create((this.active as object | null) ?? Object.prototype) as Context;
    context['_ns_name'] = this.name;
    context['id'] = executionAsyncId();
    return context;
  }

  run(fn: (context: NamespaceContext) => void): NamespaceContext {
    const context = this.createContext() as object;
    this.#within(context, () => fn(context));
    return context;
  }

  runAndReturn<T>(fn: (context: NamespaceContext) => T): T {
    const context = this.createContext() as object;
    return this.#within(context, () => fn(context));
  }

  runPromise<T>(fn: (context: NamespaceContext) => Promise<T>): Promise<T> {
    const context = this.createContext() as object;
    return markRejection(
      this.#storage.run(entering(context, undefined), () => fn(context)),
      context,
    );
  }

  bind<F extends Function>(fn: F, context?: NamespaceContext): F {
    const chosen = (context || this.active || this.createContext()) as object;
    const within = <T>(call: () => T): T => this.#within(chosen, call);
    function bound(this: unknown, ...args: unknown[]): unknown {
      return within(() => Reflect.apply(fn, this, args) as unknown);
    }
    return bound as unknown as F;
  }

  bindEmitter(emitter: EventEmitter): void {
    bindListeners(emitter, this);
  }

  enter(context: NamespaceContext): void {
    if (!context) throw new Error('context must be provided for entering');
    this.#storage.enterWith(entering(context as object, this.#storage.getStore()));
  }

  exit(context: NamespaceContext): void {
    if (!context) throw new Error('context must be provided for exiting');
    this.#storage.enterWith(exiting(context as object, this.#storage.getStore()));
  }

  fromException(exception: unknown): NamespaceContext {
    return contextOfError(exception);
  }

  /** What was entered around is not kept: a bound function that starts itself again would make the chain longer each time. */
  #within<T>(context: object, fn: () => T): T {
    try {
      return this.#storage.run(entering(context, undefined), fn);
    } catch (error) {
      markError(error, context);
      throw error;
    }
  }
}

/** The promise of work that was begun in `context`. Throws when it is none. */
export function markRejection<T>(promise: Promise<T>, context: object): Promise<T> {
  if (!isPromise(promise)) throw new Error('fn must return a promise.');
  return promise.catch((error: unknown) => {
    markError(error, context);
    throw error;
  });
}

function isPromise(value: unknown): boolean {
  const promise = (value ?? {}) as Partial<Promise<unknown>>;
  return typeof promise.then === 'function' && typeof promise.catch === 'function';
}
