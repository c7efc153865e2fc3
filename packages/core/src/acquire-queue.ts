import type { Clock } from './clock.ts';
import { InvariantError } from './errors.ts';
import type { Holding } from './holding.ts';
import { LinkedList } from './linked-list.ts';
import type { TimerWheel } from './timer-wheel.ts';
import { Waiter } from './waiter.ts';
import type { WaiterListener, WaiterRequest } from './waiter.ts';

/** What the pool is told. */
export interface QueueListener<L extends object> extends WaiterListener<L> {
  /** So many wait now. */
  onLength(length: number): void;
}

/**
 * Callers in the order in which they came. Leaving from the middle costs the same as from the front, so that thousands
 * of timeouts in one tick stay cheap.
 *
 * The time of a caller begins with the end of the turn of the event loop in which it came: one look at the clock for all of
 * them, and no timer for those who are served within that turn.
 */
export class AcquireQueue<L extends object> {
  readonly #waiters = new LinkedList<Waiter<L>>();
  readonly #clock: Clock;
  readonly #wheel: TimerWheel;
  readonly #listener: QueueListener<L>;
  /** The first of those who came in this turn; all behind it did as well. */
  #firstUntimed: Waiter<L> | undefined;
  #isTurnWatched = false;

  constructor(clock: Clock, wheel: TimerWheel, listener: QueueListener<L>) {
    this.#clock = clock;
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

  /** Lets a caller wait for `timeoutMs`. */
  enqueue(request: WaiterRequest): Waiter<L> {
    const waiter = new Waiter<L>(request, this.#listener);
    this.#waiters.append(waiter);
    countWithin(waiter.origin.holding, 1);
    this.#listener.onLength(this.#waiters.length);
    if (this.#firstUntimed === undefined) this.#firstUntimed = waiter;
    if (!this.#isTurnWatched) {
      this.#isTurnWatched = true;
      this.#clock.atTurnEnd(this.#startTimers);
    }
    return waiter;
  }

  /** Takes the head out of the queue, which must not be empty, to be served. */
  take(): Waiter<L> {
    const waiter = this.#waiters.first as Waiter<L>;
    this.#leave(waiter);
    return waiter;
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

  readonly #startTimers = (): void => {
    this.#isTurnWatched = false;
    const now = this.#clock.now();
    for (let waiter = this.#firstUntimed; waiter !== undefined; waiter = waiter.next)
      this.#startTimer(waiter, now);
    this.#firstUntimed = undefined;
  };

  #startTimer(waiter: Waiter<L>, now: number): void {
    if (waiter.timeoutMs === Infinity) return;
    waiter.timer = this.#wheel.add(now + waiter.timeoutMs, () => this.#listener.onDeadline(waiter));
  }

  /** From here on neither deadline nor signal can reach it: a waiter settles once. */
  #leave(waiter: Waiter<L>): void {
    if (waiter === this.#firstUntimed) this.#firstUntimed = waiter.next;
    if (!this.#waiters.remove(waiter)) throw new InvariantError('a waiter left the queue twice');
    if (waiter.timer !== undefined) this.#wheel.remove(waiter.timer);
    waiter.detach();
    countWithin(waiter.origin.holding, -1);
    this.#listener.onLength(this.#waiters.length);
  }
}

function countWithin(holding: Holding | undefined, change: 1 | -1): void {
  for (let block = holding; block !== undefined; block = block.outer) block.record.waitersWithin += change;
}
