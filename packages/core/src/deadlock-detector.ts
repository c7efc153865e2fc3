import type { Clock } from './clock.ts';
import type { LeaseRecord } from './lease-record.ts';
import type { Waiter } from './waiter.ts';

/** Leases on whose return alone some of those who wait depend: there is no other connection for them. */
export interface DeadlockScope<L extends object> {
  readonly leases: Iterable<LeaseRecord>;
  readonly includes: (waiter: Waiter<L>) => boolean;
}

/** What a {@link DeadlockDetector} works with. */
export interface DeadlockParts<L extends object> {
  readonly clock: Clock;
  readonly waiters: () => Iterable<Waiter<L>>;
  /** None while somebody may be served, or a connection be opened; two where connections are reserved. */
  readonly scopes: () => readonly DeadlockScope<L>[];
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
    if (this.#isLooking || !this.#parts.scopes().some(isSuspect)) return;
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
    const suspects = this.#parts.scopes().filter(isSuspect);
    const nested = suspects.length === 0 ? [] : this.#nested();
    for (const { leases, includes } of suspects) {
      const waiters = nested.filter(includes);
      const heldUp = new Set(waiters.flatMap(({ holdsUp }) => holdsUp));
      if (!every(leases, (record) => heldUp.has(record))) continue;
      // There is one: at least one lease is held up.
      const youngest = waiters.findLast(({ holdsUp }) => holdsUp.length > 0) as Waiter<L>;
      return this.#parts.onDeadlock(youngest, waiters);
    }
  }

  #nested(): Waiter<L>[] {
    return [...this.#parts.waiters()].filter(({ origin }) => origin.holding !== undefined);
  }
}

/** Whether each of the leases has callers waiting in its block, and none runs anything. */
function isSuspect({ leases }: DeadlockScope<never>): boolean {
  return every(leases, ({ waitersWithin, queryRunning }) => waitersWithin > 0 && !queryRunning);
}

/** Stops at the first that is not so: it is asked whenever somebody begins to wait, and nearly always of the first lease only. */
function every<T>(all: Iterable<T>, isSo: (each: T) => boolean): boolean {
  for (const each of all) if (!isSo(each)) return false;
  return true;
}
