import { inspect } from 'node:util';
import { getPoolDiagnostics } from '@lifeguard/core';
import { Containment, ForeignPool, announcePool } from '@lifeguard/core/adapter';
import type {
  DurationListener,
  LeaseTracker,
  PoolDiagnostics,
  PoolEvents,
  PoolGlance,
  PoolSample,
  PoolSnapshot,
  ServerFacts,
  WatchOptions,
} from '@lifeguard/core';
import type { ForeignCounts } from '@lifeguard/core/adapter';
import { SqlCalls } from './sql-calls.ts';
import { SqlLeases } from './sql-leases.ts';
import { sqlOptions } from './sql-options.ts';
import { maxOf } from './stock-sql.ts';
import type { StockSql } from './stock-sql.ts';
import type { WatchedConnection } from './watched-connection.ts';

/**
 * An `sql` of postgres.js, watched: who holds each connection, who waits, what leaks. The `sql` works as before, and is used as
 * before. Made by `watchSql`. It watches only: nothing is taken back.
 */
export class WatchedSql implements Disposable {
  readonly #sql: StockSql;
  readonly #foreign: ForeignPool<WatchedConnection>;
  readonly #leases: SqlLeases;
  readonly #calls: SqlCalls;
  readonly #withdraw: () => void;
  readonly #onDetach: () => void;
  #state: PoolSnapshot['state'] = 'open';

  /** Use `watchSql`. */
  constructor(sql: StockSql, options: WatchOptions, onDetach: () => void) {
    this.#sql = sql;
    this.#onDetach = onDetach;
    this.#foreign = new ForeignPool<WatchedConnection>({
      options: sqlOptions(sql.options, options),
      counts: () => this.#counts(),
      facts: () => ({}),
    });
    this.#leases = new SqlLeases(
      this.#foreign,
      new Containment((error) => this.#foreign.failed('watchSql', error)),
    );
    this.#calls = new SqlCalls(sql, {
      foreign: this.#foreign,
      leases: this.#leases,
      ending: (state) => this.#ending(state),
    });
    this.#withdraw = announcePool(this);
  }

  get name(): string {
    return this.#foreign.name;
  }

  /** Knows who holds the connections. */
  get tracker(): LeaseTracker {
    return this.#foreign.tracker;
  }

  /** Whether it still watches: until {@link WatchedSql.detach}, or the end of the `sql`. */
  get isAttached(): boolean {
    return this.#leases.isOn;
  }

  /** Everything about the connections at this moment; needs none. */
  snapshot(): PoolSnapshot {
    return this.#foreign.snapshot();
  }

  /** What can be said without a look at each holder and waiter. */
  glance(): PoolGlance {
    return this.#foreign.glance();
  }

  /** Samples of the recent past, five seconds apart while connections are in use, and one of now. */
  history(): readonly PoolSample[] {
    return this.#foreign.history();
  }

  /** As `getPoolDiagnostics`: what is wrong here, and what to do about it. Asks the server nothing. */
  diagnostics(server?: ServerFacts): PoolDiagnostics {
    return getPoolDiagnostics(this, server);
  }

  /** Tells of each duration that the snapshot counts, right after; call what it returns to stop. */
  observeDurations(listener: DurationListener): () => void {
    return this.#foreign.observeDurations(listener);
  }

  /** Adds a listener; call what it returns to remove it. A listener that throws changes nothing. */
  on<Name extends keyof PoolEvents<WatchedConnection>>(
    name: Name,
    listener: (payload: PoolEvents<WatchedConnection>[Name]) => unknown,
  ): () => void {
    return this.#foreign.on(name, listener);
  }

  /** Stops watching, and puts the `sql` back as it was. What is held is not followed any further. */
  detach(): void {
    if (!this.#leases.isOn) return;
    this.#leases.isOn = false;
    this.#onDetach();
    this.#withdraw();
    this.#calls.leave();
    this.#foreign.stop();
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  toJSON(): PoolSnapshot {
    return this.snapshot();
  }

  #ending(state: 'closing' | 'closed'): void {
    this.#state = state;
    if (state === 'closed') this.detach();
  }

  /** When it is connecting, and for whom, only postgres.js knows: whoever waits for that is a waiter here. */
  #counts(): ForeignCounts {
    const max = maxOf(this.#sql.options);
    // `reserve` may be given a connection that still has to answer earlier queries: two hold it for that moment.
    const used = Math.min(this.#foreign.tracker.used, max);
    const idle = Math.max(0, Math.min(this.#leases.idle, max - used));
    return { used, idle, connecting: 0, waiting: 0, max, state: this.#state };
  }
}

// Not a method of the class: its declaration could not name this symbol.
Object.defineProperty(WatchedSql.prototype, inspect.custom, {
  value(this: WatchedSql): string {
    const { name, used, idle, pending, max } = this.glance();
    return `WatchedSql "${name}" { ${used}/${max} used, ${idle} idle, ${pending} pending }`;
  },
});
