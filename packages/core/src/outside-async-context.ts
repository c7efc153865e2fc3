import { AsyncResource } from 'node:async_hooks';

const root = new AsyncResource('LifeguardRoot', { requireManualDestroy: true });

/**
 * Runs `fn` outside the caller's async context. Timers and connections are made this way: a pooled object must not keep
 * the async-local store of whichever request happened to create it alive for its whole life.
 */
export function outsideAsyncContext<T>(fn: () => T): T {
  return root.runInAsyncScope(fn);
}
