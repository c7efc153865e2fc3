/** The time that is looked back on is looked at in so many parts, each of which must show the excess. */
const PARTS = 4;
/** A part in which fewer were served is no measure: it lasts longer then. */
const MIN_SERVED = 20;
/** A connection may stand idle for want of a waiter in one of so many cases. */
const IDLE_RISK = 0.01;

/** What came and what was served in one part of the time. */
interface Part {
  readonly arrived: number;
  readonly served: number;
  readonly ms: number;
}

/**
 * Whether more callers come than the pool serves, for so long that no queue can absorb it. A burst, however large, is over
 * after one part of the time and is never taken for overload; nor is a pool that serves nobody at all (its connections
 * leaked, its database down), since nothing can be learnt from that.
 *
 * Only what happens while somebody waits is counted: what finds an idle connection is neither demand in excess nor a
 * measure of what can be served.
 */
export class OverloadEstimator {
  readonly #partMs: number;
  #startedAt = -Infinity;
  #emptyAt = -Infinity;
  #arrived = 0;
  #served = 0;
  #parts: readonly Part[] = [];
  #isOverloaded = false;

  /** `afterMs`: how long the excess must last. */
  constructor(afterMs: number) {
    this.#partMs = afterMs / PARTS;
  }

  get isOverloaded(): boolean {
    return this.#isOverloaded;
  }

  /** Callers a second that had to wait, or were turned away. 0 while nothing is known. */
  get arrivalsPerSecond(): number {
    return perSecond(this.#parts, 'arrived');
  }

  /** Of these, how many a second were served. 0 while nothing is known. */
  get servedPerSecond(): number {
    return perSecond(this.#parts, 'served');
  }

  /**
   * How many may wait, so that there is always somebody for a connection that comes free: the excess itself keeps a short
   * queue filled. It is the length at which a queue with this much more coming than served (M/M/1/K) is empty in one case
   * of a hundred. `Infinity` without overload.
   */
  get places(): number {
    if (!this.#isOverloaded) return Infinity;
    const [arrived, served] = [total(this.#parts, 'arrived'), total(this.#parts, 'served')];
    // Less one standard deviation of what was counted: who is turned away by chance cannot be called back.
    const excess = (arrived - Math.sqrt(arrived)) / served;
    return excess <= 1 ? Infinity : Math.max(1, Math.ceil(Math.log(1 / IDLE_RISK) / Math.log(excess)));
  }

  /** A caller has found no connection. */
  arrived(now: number): void {
    if (now - this.#emptyAt > this.#partMs) this.#startAfresh(now);
    this.#emptyAt = Infinity;
    this.#arrived += 1;
    this.#endPart(now);
  }

  /** One of those who waited got a connection. */
  served(now: number): void {
    this.#served += 1;
    this.#endPart(now);
  }

  /** Nobody waits any more. */
  emptied(now: number): void {
    this.#emptyAt = Math.min(this.#emptyAt, now);
  }

  /** Nobody has waited for a while: what was known is of another time. */
  #startAfresh(now: number): void {
    this.#startedAt = now;
    this.#arrived = 0;
    this.#served = 0;
    this.#parts = [];
    this.#isOverloaded = false;
  }

  #endPart(now: number): void {
    const ms = now - this.#startedAt;
    if (ms < this.#partMs || this.#served < MIN_SERVED) return;
    this.#parts = [...this.#parts.slice(1 - PARTS), { arrived: this.#arrived, served: this.#served, ms }];
    this.#startedAt = now;
    this.#arrived = 0;
    this.#served = 0;
    this.#judge();
  }

  /** It begins when each part has seen the excess, and ends when all of them together have not. */
  #judge(): void {
    if (this.#isOverloaded) this.#isOverloaded = total(this.#parts, 'arrived') > total(this.#parts, 'served');
    else
      this.#isOverloaded =
        this.#parts.length === PARTS && this.#parts.every((part) => part.arrived > part.served);
  }
}

function total(parts: readonly Part[], what: keyof Part): number {
  return parts.reduce((sum, part) => sum + part[what], 0);
}

function perSecond(parts: readonly Part[], what: 'arrived' | 'served'): number {
  return parts.length === 0 ? 0 : (1_000 * total(parts, what)) / total(parts, 'ms');
}
