import type { Clock } from './clock.ts';
import type { LeaseRecord } from './lease-record.ts';
import type { Waiter } from './waiter.ts';

/** What a {@link DeadlockDetector} works with. */
export interface DeadlockParts<L extends object> {
  readonly clock: Clock;
  readonly waiters: () => Iterable<Waiter<L>>;
  /** Every connection that there may be is leased; these are their leases. `undefined` while that is not so. */
  readonly allLeased: () => Iterable<LeaseRecord> | undefined;
  /** Turns the waiter away: nobody can be served before somebody gives up. */
  readonly onDeadlock: (youngest: Waiter<L>, waiters: readonly Waiter<L>[]) => void;
}

/**
 * Finds the deadlock of a pool with itself: every connection is held by a block that awaits a connection of the same pool.
 * In three steps, each cheaper than being wrong. All leases have callers waiting inside their blocks, and none runs a
 * query: a look at counters. Then each of those callers is asked who awaits it: a child that was started and not awaited
 * does not hold up its parent, and proves nothing. And only when every lease is proven to be held up is there a verdict.
 *
 * It knows only blocks that hold a lease while they run (`use()`, managed blocks, transactions of Kysely's), not leases
 * that are given back somewhere else, and it takes a wait that is raced against a timer for one.
 */
export class DeadlockDetector<L extends object> {
  readonly #parts: DeadlockParts<L>;
  #isLooking = false;

  constructor(parts: DeadlockParts<L>) {
    this.#parts = parts;
  }

  /** Somebody has begun to wait, or it is time to look again. */
  check(): void {
    if (this.#isLooking || this.#suspects() === undefined) return;
    this.#isLooking = true;
    // Whoever called has not awaited yet; and what a query is about to answer may set somebody going.
    this.#parts.clock.afterPendingIo(() => this.#probe());
  }

  #probe(): void {
    for (const waiter of this.#nested()) waiter.probe();
    this.#parts.clock.afterPendingIo(() => {
      this.#isLooking = false;
      this.#judge();
    });
  }

  #judge(): void {
    const suspects = this.#suspects();
    const waiters = this.#nested();
    const heldUp = new Set(waiters.flatMap(({ holdsUp }) => holdsUp));
    if (suspects?.every((record) => heldUp.has(record)) !== true) return;
    // There is one: at least one lease is held up.
    const youngest = waiters.findLast(({ holdsUp }) => holdsUp.length > 0) as Waiter<L>;
    this.#parts.onDeadlock(youngest, waiters);
  }

  /** All leases, when each has callers waiting in its block and runs nothing; else none of them is suspect. */
  #suspects(): readonly LeaseRecord[] | undefined {
    const records = this.#parts.allLeased();
    if (records === undefined) return undefined;
    const suspects: LeaseRecord[] = [];
    for (const record of records) {
      if (record.waitersWithin === 0 || record.queryRunning) return undefined;
      suspects.push(record);
    }
    return suspects;
  }

  #nested(): Waiter<L>[] {
    return [...this.#parts.waiters()].filter(({ origin }) => origin.holding !== undefined);
  }
}
