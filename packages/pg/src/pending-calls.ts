import type { Clock } from '@lifeguard/core';

/** Calls that wait for something, counted, so that somebody can wait until there are none. */
export class PendingCalls {
  #count = 0;
  #onNone: (() => void) | undefined;

  began(): void {
    this.#count += 1;
  }

  ended(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#onNone?.();
  }

  /** Resolves when there are none, or after `limitMs`. For one caller at a time. */
  async whenNone(clock: Clock, limitMs: number): Promise<void> {
    if (this.#count === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onNone = resolve;
    const timer = limitMs === Infinity ? undefined : clock.setTimer(limitMs, resolve);
    await promise;
    timer?.cancel();
  }
}
