import type { BridgeableNamespace } from './bridgeable-namespace.ts';
import { inContext } from './bridgeable-namespace.ts';
import { markRejection } from './storage-namespace.ts';

type Work = (context: unknown) => Promise<unknown>;

/**
 * Replaces cls-hooked's `runPromise`, which leaves its caller, and then whatever else runs in the process, in the context of
 * the work until that is done: whoever is in it would be taken for a part of the session in which the work was begun. Returns
 * what puts it back.
 */
export function leaveAtReturn(namespace: BridgeableNamespace): () => void {
  if (typeof Reflect.get(namespace, 'runPromise') !== 'function') return () => undefined;
  const own = Object.getOwnPropertyDescriptor(namespace, 'runPromise');
  const runPromise = (fn: Work): Promise<unknown> => {
    const context = namespace.createContext() as object;
    return markRejection(
      inContext(namespace, context, () => fn(context)),
      context,
    );
  };
  Object.defineProperty(namespace, 'runPromise', { value: runPromise, writable: true, configurable: true });
  return () => {
    if (Reflect.get(namespace, 'runPromise') !== runPromise) return;
    if (own === undefined) Reflect.deleteProperty(namespace, 'runPromise');
    else Object.defineProperty(namespace, 'runPromise', own);
  };
}
