import { LinkedList } from './linked-list.ts';
import type { Linked } from './linked-list.ts';
import type { Rank } from './acquire-priority.ts';
import type { Tenant } from './tenant-share.ts';

/** One who waits. */
export interface Queued<W extends Queued<W>> extends Linked<W> {
  /** Where it waits, or has waited. */
  readonly line: WaitingLine<W>;
}

/**
 * Who waits with one priority, for one tenant, in the order in which they came. Those who can hardly wait any longer
 * stand apart, in front.
 */
export class WaitingLine<W extends Queued<W>> {
  readonly rank: Rank;
  readonly tenant: Tenant<W>;
  /** Where it stands in its lane's {@link TenantHeap}; -1 outside of it. Written by the heap only. */
  heapIndex = -1;
  /** The first of those whose time has not begun; all behind it came in the same turn. Written by the queue only. */
  firstUntimed: W | undefined;
  /** Somebody has come in this turn. Written by the queue only. */
  isUntimed = false;
  readonly #waiting = new LinkedList<W>();
  readonly #urgent = new LinkedList<W>();

  constructor(rank: Rank, tenant: Tenant<W>) {
    this.rank = rank;
    this.tenant = tenant;
  }

  get length(): number {
    return this.#waiting.length + this.#urgent.length;
  }

  add(waiter: W): void {
    this.#waiting.append(waiter);
  }

  /** Takes one out, from wherever it stands. Returns false, and does nothing, when it is not in this line. */
  remove(waiter: W): boolean {
    return this.#waiting.remove(waiter) || this.#urgent.remove(waiter);
  }

  /** Puts one in front, behind those who are there already. Does nothing when it is one of them, or has left. */
  hasten(waiter: W): void {
    if (this.#waiting.remove(waiter)) this.#urgent.append(waiter);
  }

  /** Who is next; undefined when nobody waits. `takesNewest` is asked with the first of those who are not urgent. */
  next(takesNewest?: (first: W) => boolean): W | undefined {
    if (this.#urgent.first !== undefined) return this.#urgent.first;
    const { first } = this.#waiting;
    return first !== undefined && takesNewest?.(first) === true ? this.#waiting.last : first;
  }

  /** The first of the urgent ones and the first of the others: one of them has waited longest. */
  *firsts(): Generator<W, void, void> {
    if (this.#urgent.first !== undefined) yield this.#urgent.first;
    if (this.#waiting.first !== undefined) yield this.#waiting.first;
  }

  /** The urgent ones, then the others, each in the order in which they came. */
  *[Symbol.iterator](): Generator<W, void, void> {
    yield* this.#urgent;
    yield* this.#waiting;
  }
}
