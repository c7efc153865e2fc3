import type pg from 'pg';

/** How often it is looked at what is pending. Counted in ticks that ran: a blocked event loop makes nobody late. */
const TICK_MS = 25;

interface Pending {
  readonly sinceTick: number;
  readonly limitTicks: number;
  isStuck: boolean;
}

/** Keeps the books of who was granted what, from the outside: it knows nothing of either pool. */
export class Ledger {
  stuckAcquires = 0;
  stuckUnits = 0;
  doubleLeases = 0;
  wrongAnswers = 0;
  readonly #held = new Set<pg.PoolClient>();
  readonly #acquires = new Set<Pending>();
  readonly #units = new Set<Pending>();
  #tick = 0;

  constructor() {
    setInterval(() => this.#look(), TICK_MS).unref();
  }

  /** Counts an acquire that has not settled `limitMs` after it began. */
  async acquire(work: Promise<pg.PoolClient>, limitMs: number): Promise<pg.PoolClient> {
    const client = await this.#pending(this.#acquires, limitMs, work);
    if (this.#held.has(client)) this.doubleLeases += 1;
    this.#held.add(client);
    return client;
  }

  /** Called before the release, which may hand the client on at once. */
  givesBack(client: pg.PoolClient): void {
    this.#held.delete(client);
  }

  unit<T>(work: Promise<T>, limitMs: number): Promise<T> {
    return this.#pending(this.#units, limitMs, work);
  }

  async #pending<T>(among: Set<Pending>, limitMs: number, work: Promise<T>): Promise<T> {
    const entry = { sinceTick: this.#tick, limitTicks: Math.ceil(limitMs / TICK_MS), isStuck: false };
    among.add(entry);
    try {
      return await work;
    } finally {
      among.delete(entry);
    }
  }

  #look(): void {
    this.#tick += 1;
    this.stuckAcquires += this.#newlyStuck(this.#acquires);
    this.stuckUnits += this.#newlyStuck(this.#units);
  }

  #newlyStuck(among: Iterable<Pending>): number {
    let count = 0;
    for (const entry of among) {
      if (entry.isStuck || this.#tick - entry.sinceTick <= entry.limitTicks) continue;
      entry.isStuck = true;
      count += 1;
    }
    return count;
  }
}
