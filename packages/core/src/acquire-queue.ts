import { leasesHeldUp, readAwaitChain } from './await-chain.ts';
import { InvariantError } from './errors.ts';
import type { Holding } from './holding.ts';
import { LinkedList } from './linked-list.ts';
import type { Linked } from './linked-list.ts';
import type { LeaseOrigin, LeaseRecord } from './lease-record.ts';
import { reasonOf } from './session.ts';
import type { TimerWheel, WheelTimer } from './timer-wheel.ts';

/** What a waiter is made of. */
export interface WaiterParts {
  readonly origin: LeaseOrigin;
  readonly enqueuedAt: number;
  readonly timeoutMs: number;
  /** Signals that end the wait: the caller's, its session's. */
  readonly signals: readonly AbortSignal[];
}

/** One caller that waits. It leaves the queue exactly once: granted, or turned away. */
export class Waiter<L extends object> implements Linked<Waiter<L>> {
  prev: Waiter<L> | undefined;
  next: Waiter<L> | undefined;
  list: LinkedList<Waiter<L>> | undefined;
  timer: WheelTimer | undefined;
  readonly parts: WaiterParts;
  /** Leases that are known not to come back before this caller is served. */
  holdsUp: readonly LeaseRecord[] = [];
  readonly #onAbort: (waiter: Waiter<L>, reason: unknown) => void;
  /** Resolves with the lease, or with nothing: then it is looked who awaits, and the wait goes on. */
  #turn = Promise.withResolvers<L | undefined>();

  constructor(parts: WaiterParts, onAbort: (waiter: Waiter<L>, reason: unknown) => void) {
    this.parts = parts;
    this.#onAbort = onAbort;
    for (const signal of parts.signals) signal.addEventListener('abort', this.#onSignal);
  }

  /**
   * The wait, as the caller awaits it. The same for all, though only those inside of a block are ever probed: whether one is
   * must not change who goes on first.
   */
  async wait(): Promise<L> {
    for (;;) {
      const lease = await this.#turn.promise;
      if (lease !== undefined) return lease;
      this.holdsUp = leasesHeldUp(this.parts.origin.holding, readAwaitChain());
    }
  }

  /** Finds out, some microtasks from now, which leases this wait holds up. */
  probe(): void {
    const turn = this.#turn;
    this.#turn = Promise.withResolvers();
    turn.resolve(undefined);
  }

  grant(lease: L): void {
    this.#turn.resolve(lease);
  }

  reject(error: unknown): void {
    this.#turn.reject(error);
  }

  /** Stops listening to signals. */
  detach(): void {
    for (const signal of this.parts.signals) signal.removeEventListener('abort', this.#onSignal);
  }

  readonly #onSignal = (): void => {
    // One of them has called this.
    const aborted = this.parts.signals.find((signal) => signal.aborted) as AbortSignal;
    this.#onAbort(this, reasonOf(aborted));
  };
}

/** What the pool is told when a caller leaves the queue by itself. */
export interface QueueListener<L extends object> {
  /** So many wait now. */
  onLength(length: number): void;
  onDeadline(waiter: Waiter<L>): void;
  onAbort(waiter: Waiter<L>, reason: unknown): void;
}

/**
 * Callers in the order in which they came. Leaving from the middle costs the same as from the front, so that thousands
 * of timeouts in one tick stay cheap.
 */
export class AcquireQueue<L extends object> {
  readonly #waiters = new LinkedList<Waiter<L>>();
  readonly #wheel: TimerWheel;
  readonly #listener: QueueListener<L>;

  constructor(wheel: TimerWheel, listener: QueueListener<L>) {
    this.#wheel = wheel;
    this.#listener = listener;
  }

  get length(): number {
    return this.#waiters.length;
  }

  /** Who is next. */
  get head(): Waiter<L> | undefined {
    return this.#waiters.first;
  }

  [Symbol.iterator](): Iterator<Waiter<L>> {
    return this.#waiters[Symbol.iterator]();
  }

  /** Lets a caller wait until `deadlineAt`. */
  enqueue(parts: WaiterParts, deadlineAt: number): Waiter<L> {
    const waiter = new Waiter<L>(parts, (each, reason) => this.#listener.onAbort(each, reason));
    this.#waiters.append(waiter);
    countWithin(parts.origin.holding, 1);
    this.#listener.onLength(this.#waiters.length);
    if (deadlineAt !== Infinity) {
      waiter.timer = this.#wheel.add(deadlineAt, () => this.#listener.onDeadline(waiter));
    }
    return waiter;
  }

  /** Serves the head of the queue, which must not be empty. */
  grantNext(makeLease: (parts: WaiterParts) => L): void {
    const waiter = this.#waiters.first as Waiter<L>;
    this.#leave(waiter);
    waiter.grant(makeLease(waiter.parts));
  }

  /** Turns one caller away, who must be in the queue. */
  turnAway(waiter: Waiter<L>, error: unknown): void {
    this.#leave(waiter);
    waiter.reject(error);
  }

  /** Turns everybody away, in order. */
  turnAllAway(makeError: (waiter: Waiter<L>) => unknown): number {
    let count = 0;
    for (let waiter = this.#waiters.first; waiter; waiter = this.#waiters.first) {
      this.turnAway(waiter, makeError(waiter));
      count += 1;
    }
    return count;
  }

  /** From here on neither deadline nor signal can reach it: a waiter settles once. */
  #leave(waiter: Waiter<L>): void {
    if (!this.#waiters.remove(waiter)) throw new InvariantError('a waiter left the queue twice');
    if (waiter.timer !== undefined) this.#wheel.remove(waiter.timer);
    waiter.detach();
    countWithin(waiter.parts.origin.holding, -1);
    this.#listener.onLength(this.#waiters.length);
  }
}

function countWithin(holding: Holding | undefined, change: 1 | -1): void {
  for (let block = holding; block !== undefined; block = block.outer) block.record.waitersWithin += change;
}
