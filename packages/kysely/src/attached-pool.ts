import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { Histogram, outsideAsyncContext, viewOptions } from '@lifeguard/core/adapter';
import type { PoolCounts, PoolReadiness, PoolSnapshot } from '@lifeguard/core';
import type { CheckoutLog } from './checkout-log.ts';
import type { Watch } from './watch.ts';

/** What is read of a pool that is not ours; `pg.Pool` has it. */
export interface PoolBeneath {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly options: { readonly max?: number | undefined };
  readonly ending?: boolean;
  readonly ended?: boolean;
}

/** What an {@link AttachedPool} is made of. */
export interface AttachedPoolParts {
  readonly db: Kysely<unknown>;
  readonly watch: Watch;
  readonly checkouts: CheckoutLog;
  readonly beneath: PoolBeneath;
}

/** pg-pool's default. */
const PG_POOL_MAX = 10;
const NOTHING = new Histogram().summary();

/**
 * An instance with Lifeguard attached, as a pool that can be shown (`serveAdmin`), asked whether it serves (`DatabaseHealth`) and
 * measured. It can be looked at and not changed: it has none of the actions of a pool.
 *
 * Leases, places, waits and reports are those of the instance; how many connections there are is what the pool beneath says, others
 * that use it included. It does not say when connections are made and closed, so that those counters stay 0; `connectFailures` are
 * callers that were refused for another reason than time.
 */
export class AttachedPool {
  readonly #parts: AttachedPoolParts;
  /** One at a time, however many ask: in a queue that is full they would add up. */
  #asking: Promise<unknown> | undefined;

  /** Use `lifeguard(db).asPool(pool)`. */
  constructor(parts: AttachedPoolParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.watch.name;
  }

  snapshot(): PoolSnapshot {
    const { watch, checkouts } = this.#parts;
    const { schemaVersion, at, useTime, leases, holders, sites, reports } = watch.snapshot();
    const counts = this.#counts();
    const size = { size: counts.size, maxOverflow: 0 };
    return Object.freeze({
      ...counts,
      schemaVersion,
      at,
      state: this.#state(),
      watchedOnly: true,
      overflow: 0,
      options: Object.freeze({ ...viewOptions(watch.options), ...size }),
      counters: this.#counters(),
      waitTime: checkouts.waitTime.summary(),
      useTime,
      createTime: NOTHING,
      leases,
      waiters: Object.freeze([]),
      holders,
      sites,
      reports,
      longestStallMs: 0,
      blockedMs: 0,
      lastConnectError: checkouts.lastFailure,
      facts: Object.freeze({}),
    });
  }

  /**
   * Asks the server on a connection of the pool beneath. Never rejects; answers within `timeoutMs` milliseconds. Where the
   * instance holds all connections it is `degraded`: nobody can tell.
   */
  async checkHealth(timeoutMs: number): Promise<PoolReadiness> {
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => late.resolve('late'), timeoutMs);
    try {
      const answer = await Promise.race([this.#ask().then(() => 'answered' as const), late.promise]);
      return answer === 'answered' ? this.#ready() : this.#notReady('no answer in time');
    } catch {
      return this.#notReady('the connection failed');
    } finally {
      clearTimeout(timer);
    }
  }

  /** Of the events of a pool there are `leak` and `returned-late`. Answers what removes the listener. */
  on(event: string, listener: (payload: unknown) => void): () => void {
    if (event === 'leak' || event === 'returned-late') return this.#parts.watch.on(event, listener);
    return () => undefined;
  }

  #ask(): Promise<unknown> {
    const { db } = this.#parts;
    this.#asking ??= outsideAsyncContext(() => sql`select 1`.execute(db)).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  #counts(): PoolCounts {
    const { watch, checkouts, beneath } = this.#parts;
    const { totalCount, idleCount, waitingCount } = beneath;
    const max = beneath.options.max ?? PG_POOL_MAX;
    return Object.freeze({
      name: watch.name,
      used: Math.max(0, totalCount - idleCount),
      idle: idleCount,
      connecting: 0,
      resetting: 0,
      closing: 0,
      lost: 0,
      pending: waitingCount,
      oldestWaitMs: waitingCount > 0 ? checkouts.oldestWaitMs : 0,
      size: max,
      max,
    });
  }

  #counters(): PoolSnapshot['counters'] {
    const { watch, checkouts } = this.#parts;
    const { acquired, leaksReported, returnedLate } = watch.snapshot().counters;
    return Object.freeze({
      acquired,
      released: watch.tracker.useTime.count,
      timeouts: checkouts.timeouts,
      aborted: 0,
      rejected: 0,
      shed: 0,
      connected: 0,
      connectFailures: checkouts.failures,
      closed: 0,
      pingFailures: 0,
      revoked: 0,
      reclaimed: 0,
      leaksReported,
      returnedLate,
      nested: 0,
      deadlocks: 0,
      sessionTimeouts: 0,
      cancels: 0,
    });
  }

  #state(): PoolSnapshot['state'] {
    const { ending = false, ended = false } = this.#parts.beneath;
    if (ended) return 'closed';
    return ending ? 'closing' : 'open';
  }

  #ready(): PoolReadiness {
    const { used, max, pending } = this.#counts();
    const isBusy = pending > 0 || used >= max;
    return this.#readiness(isBusy ? 'degraded' : 'ready', isBusy ? busy(used, max, pending) : undefined);
  }

  #notReady(reason: string): PoolReadiness {
    if (this.#state() !== 'open') return this.#readiness('draining', 'the pool is being closed');
    const { max, pending } = this.#counts();
    // Those that are being opened count as used with pg.Pool, and say nothing of who holds any.
    const held = this.#parts.watch.tracker.used;
    return held >= max
      ? this.#readiness('degraded', busy(held, max, pending))
      : this.#readiness('unreachable', reason);
  }

  #readiness(status: PoolReadiness['status'], reason: string | undefined): PoolReadiness {
    const { used, max, pending } = this.#counts();
    return Object.freeze({ pool: this.name, status, reason, used, max, pending });
  }
}

function busy(used: number, max: number, pending: number): string {
  return `${used} of ${max} connections are in use, ${pending} callers wait`;
}
