/**
 * Shares the time that callers wait among the leases that are open meanwhile: with `p` callers waiting and `u` leases open,
 * each lease is charged `p / u` of every moment. So the shares of all leases together are the time that was waited, and a
 * lease's own share is what was waited between its opening and its end: a difference of two readings.
 */
export class WaitLedger {
  #sharedMs = 0;
  #at = 0;
  #pending = 0;
  #used = 0;

  /** The share, up to `now`, of a lease that has been open all the time. */
  read(now: number): number {
    this.#accrue(now);
    return this.#sharedMs;
  }

  /** From `now` on so many callers wait, and so many leases are open. Returns what {@link WaitLedger.read} does. */
  change(now: number, pending: number, used: number): number {
    this.#accrue(now);
    this.#pending = pending;
    this.#used = used;
    return this.#sharedMs;
  }

  #accrue(now: number): void {
    if (now <= this.#at) return;
    // While nobody waits, or nobody can be blamed, time passes for free.
    if (this.#pending > 0 && this.#used > 0) {
      this.#sharedMs += ((now - this.#at) * this.#pending) / this.#used;
    }
    this.#at = now;
  }
}
