import type { Pauses } from './loop-health.ts';
import type { TransactionStatus } from './snapshot.ts';

/**
 * What has been sent on one lease. An object of its own, made with the first query: a lease that is taken and given back
 * without one is as light as can be.
 */
export class QueryActivity {
  queries = 0;
  running = 0;
  transaction: TransactionStatus = 'none';
  lastSql: string | undefined;
  /** Time in which a query ran, up to the end of the last one. */
  busyMs = 0;
  #busySince: number;
  /** Coarse instant; 0 until a query has ended. */
  lastEndedAt = 0;
  /** The pauses of the loop before the last query ended. */
  pausesBeforeIdle: Pauses;

  constructor(now: number, pauses: Pauses) {
    this.#busySince = now;
    this.pausesBeforeIdle = pauses;
  }

  started(sql: string | undefined, now: number): void {
    this.queries += 1;
    if (this.running === 0) this.#busySince = now;
    this.running += 1;
    this.lastSql = sql;
  }

  ended(transaction: TransactionStatus, running: number, now: number, pauses: Pauses): void {
    this.stopped(now);
    this.running = running;
    this.lastEndedAt = now;
    this.pausesBeforeIdle = pauses;
    this.transaction = transaction;
  }

  /** What runs is over at `now`, or counted up to it. */
  stopped(now: number): void {
    if (this.running === 0) return;
    this.busyMs += Math.max(0, now - this.#busySince);
    this.#busySince = now;
  }
}
