import type { Kysely } from 'kysely';
import { LifeguardError } from '@lifeguard/core';
import { formatHolder } from '@lifeguard/core/adapter';
import type { HolderView, LeaseView } from '@lifeguard/core';
import type { LeaseEnd, LeaseOwner } from '@lifeguard/core/adapter';
import type { AnyInstance } from './any-instance.ts';
import { AttachedPool } from './attached-pool.ts';
import type { PoolBeneath } from './attached-pool.ts';
import { CheckoutLog } from './checkout-log.ts';
import { holdConnection, letGo } from './connection-holder.ts';
import { hookExecutor } from './executor-hook.ts';
import type { ConnectionGate } from './executor-hook.ts';
import { guardOf } from './guard-registry.ts';
import { ignoreOwnFrames } from './own-frames.ts';
import { Watch } from './watch.ts';
import type { WatchOptions, WatchSnapshot } from './watch.ts';

ignoreOwnFrames();

/** What can be done for an instance that was there before us. */
export interface AttachedAbilities {
  /** Knows who holds a connection, and since when. */
  readonly tracksLeases: true;
  /** Knows the queries that run on it. */
  readonly seesQueries: true;
  /** Begin and commit are seen where the driver sends them as SQL (PostgreSQL, MySQL, SQLite), not in SQL Server. */
  readonly seesTransactions: 'as-sql';
  /** Cannot take a connection back. */
  readonly revokes: false;
  /** Instances and transactions that were derived before attaching are not covered. */
  readonly coversEarlierInstances: false;
  /** The end of a session does not end a wait for a connection. */
  readonly boundsAcquire: false;
}

const CAN: AttachedAbilities = Object.freeze({
  tracksLeases: true,
  seesQueries: true,
  seesTransactions: 'as-sql',
  revokes: false,
  coversEarlierInstances: false,
  boundsAcquire: false,
});

const RELEASED: LeaseEnd = Object.freeze({ kind: 'released' });
const attached = new WeakSet<object>();

/** Lifeguard on an instance; see {@link lifeguard}. */
export class AttachedLifeguard implements Disposable, LeaseOwner {
  /** What it can do here, and what not. */
  readonly can: AttachedAbilities = CAN;
  readonly watch: Watch;
  readonly #db: Kysely<unknown>;
  readonly #executor: object;
  readonly #unhook: () => void;
  readonly #checkouts: CheckoutLog;
  #isAttached = true;

  /** Use {@link lifeguard}. */
  constructor(db: Kysely<unknown>, watch: Watch) {
    this.watch = watch;
    this.#db = db;
    this.#checkouts = new CheckoutLog(watch.options.clock);
    const executor = db.getExecutor();
    this.#executor = executor;
    this.#unhook = hookExecutor(executor, this.#pass);
    attached.add(executor);
  }

  /** Open leases, longest held first. */
  leases(): LeaseView[] {
    return this.watch.leases();
  }

  /** Open leases grouped by the place that took them. */
  holders(): HolderView[] {
    return this.watch.holders();
  }

  snapshot(): WatchSnapshot {
    return this.watch.snapshot();
  }

  /**
   * The instance as a pool that `serveAdmin`, `DatabaseHealth` and the like take. What only the pool beneath knows is read from it,
   * by the names that `pg.Pool` has; it is only looked at.
   *
   * @example
   * const pool = new pg.Pool({ connectionString });
   * const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
   * const shown = lifeguard(db).asPool(pool);
   * await serveAdmin({ pools: [shown] });
   */
  asPool(beneath: PoolBeneath): AttachedPool {
    return new AttachedPool({ db: this.#db, watch: this.watch, checkouts: this.#checkouts, beneath });
  }

  /** What it can do here, and who holds connections, for people to read. */
  describe(): string {
    const holders = this.holders().map((holder) => `  ${formatHolder(holder)}`);
    return [
      `lifeguard "${this.watch.name}", attached to a running Kysely instance: tracks leases and queries, reports leaks;`,
      'cannot take connections back, and does not see instances derived before it was attached.',
      `${this.watch.tracker.used} in use${holders.length > 0 ? ':' : ''}`,
      ...holders,
    ].join('\n');
  }

  /** Stops watching. What was borrowed before is followed to its release; instances derived meanwhile are let through. */
  detach(): void {
    if (!this.#isAttached) return;
    this.#isAttached = false;
    attached.delete(this.#executor);
    this.#unhook();
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  /** The pool beneath is not ours: a connection stays with its holder until that one gives it back. */
  revoke(): boolean {
    return false;
  }

  readonly #pass: ConnectionGate = (next, consumer) => {
    if (!this.#isAttached) return next(consumer);
    const { tracker } = this.watch;
    const origin = tracker.origin();
    return this.#checkouts.follow(next, async (connection) => {
      const record = tracker.open(this, origin);
      const holder = holdConnection(connection, record);
      try {
        return await consumer(connection);
      } finally {
        letGo(connection, holder);
        tracker.close(record, RELEASED);
      }
    });
  };
}

/**
 * Attaches to a Kysely instance that exists already, whatever its dialect, and watches who holds its connections. Nothing
 * of the application changes: the same object is used on. Instances derived from it later (schemas, plugins, transactions)
 * are covered; those derived before are not.
 *
 * It watches only: see {@link AttachedLifeguard.can}. Where you can change how the instance is made, use
 * {@link LifeguardDialect} or {@link guardDialect}, which see and can do more. Throws `LG_UNSUPPORTED` for an instance that
 * is watched already, or is a transaction, and `LG_INVALID_OPTION`.
 *
 * @example
 * const guard = lifeguard(db, { leakThresholdMs: 10_000 });
 * console.log(guard.describe());
 * guard.detach();
 */
export function lifeguard<DB>(db: AnyInstance<DB>, options: WatchOptions = {}): AttachedLifeguard {
  if (db.isTransaction) throw unsupported('a transaction', 'attach to the instance that began it');
  if (guardOf(db) !== undefined)
    throw unsupported('an instance whose dialect is guarded', 'ask its dialect or its pool');
  if (attached.has(db.getExecutor()))
    throw unsupported('an instance twice', 'detach() the first one, or use it');
  return new AttachedLifeguard(db as unknown as Kysely<unknown>, new Watch(options));
}

function unsupported(what: string, fix: string): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary: `lifeguard() cannot attach to ${what}`,
    rows: [['fix', fix]],
  });
}
