import { AsyncResource } from 'node:async_hooks';

/**
 * The same callback, run in the async context of now: sockets and other callers' releases would run it in theirs. Does what
 * `AsyncResource.bind` does, without defining properties on the function, which costs more than all the rest.
 */
export function inCallersContext<Args extends unknown[]>(
  callback: (...args: Args) => unknown,
): (...args: Args) => unknown {
  const resource = new AsyncResource('LifeguardCallback');
  return function (this: unknown, ...args: Args): unknown {
    return resource.runInAsyncScope(callback, this, ...args);
  };
}
