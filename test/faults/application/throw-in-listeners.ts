import type { EventEmitter } from 'node:events';

/** What a user's code may do to a pool: each listener throws. */
export function throwInListeners(pool: EventEmitter): void {
  for (const event of ['connect', 'acquire', 'release', 'remove', 'error'])
    pool.on(event, () => {
      throw new Error(`a listener of "${event}" failed`);
    });
}
