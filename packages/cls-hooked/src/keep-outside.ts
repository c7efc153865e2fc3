import { executionAsyncId } from 'node:async_hooks';
import { outsideAsyncContext } from '@lifeguard/core/adapter';
import type { BridgeableNamespace } from './bridgeable-namespace.ts';
import { Carrier } from './carrier.ts';
import { carry } from './carrying-context.ts';

/**
 * Has pooled connections and timers be made in an empty context of the namespace. cls-hooked goes by the context that is
 * active when a socket is made, and does not know of `outsideAsyncContext`: a connection would keep the values of the request
 * that opened it for its whole life, and call back in its session.
 */
export function keepOutside(namespace: BridgeableNamespace, key: string): void {
  const contexts: unknown = Reflect.get(namespace, '_contexts');
  const rootId = outsideAsyncContext(executionAsyncId);
  // Entered here, it would be left without having been entered, for which cls-hooked ends the process.
  if (!(contexts instanceof Map) || executionAsyncId() === rootId) return;
  const empty = {};
  carry(empty, Carrier.none, key);
  contexts.set(rootId, empty);
}
