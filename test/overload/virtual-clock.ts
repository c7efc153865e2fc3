import type { Clock, Timer } from '@lifeguard/core';
import { LoopHealth } from '@lifeguard/core';

interface Event {
  readonly at: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/**
 * A clock that jumps from one event to the next, made for histories of hundreds of thousands of them. Between two events it
 * lets everything run that the first one has set off, be it promises or ticks, so that any library can be part of it.
 */
export class VirtualClock implements Clock {
  readonly loop: LoopHealth = new LoopHealth();
  readonly #events: Event[] = [];
  #now = 0;
  #order = 0;
  #turnEnds: (() => void)[] = [];

  now(): number {
    return this.#now;
  }

  coarseNow(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const event: Event = { at: this.#now + Math.max(0, delayMs), order: (this.#order += 1), callback };
    this.#push(event);
    return { cancel: () => (event.callback = undefined) };
  }

  afterPendingIo(callback: () => void): void {
    this.#turnEnds.push(callback);
  }

  atTurnEnd(callback: () => void): void {
    this.#turnEnds.push(callback);
  }

  sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.setTimer(ms, resolve);
    return promise;
  }

  /** Plays all that happens up to `until`. */
  async run(until: number): Promise<void> {
    await this.#settle();
    for (let next = this.#events[0]; next !== undefined && next.at <= until; next = this.#events[0]) {
      this.#pop();
      if (next.callback === undefined) continue;
      this.#now = next.at;
      next.callback();
      await this.#settle();
    }
    this.#now = until;
  }

  async #settle(): Promise<void> {
    await turn();
    while (this.#turnEnds.length > 0) {
      const callbacks = this.#turnEnds;
      this.#turnEnds = [];
      for (const callback of callbacks) callback();
      await turn();
    }
  }

  #push(event: Event): void {
    const heap = this.#events;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!isEarlier(event, heap[above] as Event)) break;
      heap[index] = heap[above] as Event;
      index = above;
    }
    heap[index] = event;
  }

  #pop(): void {
    const heap = this.#events;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below + 1 < heap.length && isEarlier(heap[below + 1] as Event, heap[below] as Event)) below += 1;
      if (below >= heap.length || !isEarlier(heap[below] as Event, last)) break;
      heap[index] = heap[below] as Event;
      index = below;
    }
    heap[index] = last;
  }
}

function isEarlier(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

// Kept before anybody replaces them by the virtual ones.
const { setImmediate: immediate } = globalThis;

function turn(): Promise<void> {
  return new Promise((resolve) => immediate(resolve));
}
