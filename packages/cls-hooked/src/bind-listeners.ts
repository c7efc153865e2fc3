import type { EventEmitter } from 'node:events';

/** The part of a namespace that is needed to run a listener in its context. */
interface Binding {
  readonly active: unknown;
  bind<F extends Function>(fn: F, context?: unknown): F;
}

type Listener = (...event: unknown[]) => unknown;
type Method = (this: unknown, event: string | symbol, listener: Listener) => unknown;

/** Which namespaces an emitter was bound by. Its methods are replaced once, however many there are. */
const bindings = new WeakMap<object, Set<Binding>>();

/** From what an emitter was given in place of a listener, to the listener. */
const sources = new WeakMap<Listener, Listener>();

const ADDING = ['on', 'addListener', 'prependListener'] as const;
const REMOVING = ['removeListener', 'off'] as const;

/** Has each listener that is added to `emitter` from now on run in the context of `namespace` that it was added in. */
export function bindListeners(emitter: EventEmitter, namespace: Binding): void {
  if (!emitter?.on || !emitter.addListener || !emitter.emit) throw new Error('can only bind real EEs');
  const bound = bindings.get(emitter);
  if (bound !== undefined) {
    bound.add(namespace);
    return;
  }
  const namespaces = new Set([namespace]);
  bindings.set(emitter, namespaces);
  for (const name of ADDING) replace(emitter, name, (add) => adding(add, namespaces));
  for (const name of REMOVING) replace(emitter, name, removing);
}

/** As a method of the prototype would be: not among the emitter's own enumerable properties. */
function replace(emitter: EventEmitter, name: string, change: (method: Method) => Method): void {
  const method: unknown = Reflect.get(emitter, name);
  if (typeof method !== 'function') return;
  Object.defineProperty(emitter, name, {
    value: change(method as Method),
    writable: true,
    configurable: true,
  });
}

/** `once` of Node's emitters calls `on`; and what an emitter's `addListener` hands on to its `on` is bound already. */
function adding(add: Method, namespaces: ReadonlySet<Binding>): Method {
  return function added(event, listener) {
    const isBound = typeof listener !== 'function' || sources.has(listener);
    return add.call(this, event, isBound ? listener : boundTo(namespaces, listener));
  };
}

function boundTo(namespaces: ReadonlySet<Binding>, listener: Listener): Listener {
  const contexts = [...namespaces].map((namespace) => ({ namespace, context: namespace.active }));
  const bound = function boundListener(this: unknown, ...event: unknown[]): unknown {
    // Added outside of any context, it runs in that of the event, or in a new one.
    const inAll = contexts.reduce((fn, { namespace, context }) => namespace.bind(fn, context), listener);
    return inAll.apply(this, event);
  };
  sources.set(bound, listener);
  // How Node's emitters know whom to remove, and what to show.
  return Object.assign(bound, { listener: listenerOf(listener) });
}

function listenerOf(listener: Listener): Listener {
  return (listener as { readonly listener?: Listener }).listener ?? listener;
}

/** Node finds what was given by its user; what `once` has made of that, it removes by itself. */
function removing(remove: Method): Method {
  return function removed(event, listener) {
    const all = (this as EventEmitter).rawListeners(event) as Listener[];
    const isFound = all.some((each) => each === listener || listenerOf(each) === listener);
    const bound = isFound ? undefined : all.findLast((each) => sources.get(each) === listener);
    return remove.call(this, event, bound ?? listener);
  };
}
