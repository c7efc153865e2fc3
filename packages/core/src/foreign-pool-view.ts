import { PoolHistory } from './advice/pool-history.ts';
import type { PoolSample } from './advice/pool-history.ts';
import type { ConnectorFacts } from './connector.ts';
import { describeFailure } from './error-report.ts';
import type { ForeignWait, ForeignWaits } from './foreign-waits.ts';
import { groupHolders } from './holders.ts';
import type { LeaseTracker } from './lease-tracker.ts';
import type { PoolGlance } from './pool-glance.ts';
import type { PoolJournal } from './pool-journal.ts';
import type { ResolvedPoolOptions } from './pool-options.ts';
import { viewOptions } from './pool-options-view.ts';
import type { FixedOptionsView } from './pool-options-view.ts';
import type { PoolCounters, PoolCounts, PoolSnapshot, WaiterView } from './snapshot.ts';

/** What a foreign pool says of itself. */
export interface ForeignCounts {
  /** Lent, to whomever: also to holders that are not known, since they came before the watch. */
  readonly used: number;
  readonly idle: number;
  readonly connecting: number;
  /** Callers in its queue; those who wait for a connect may be left out. */
  readonly waiting: number;
  readonly max: number;
  readonly state: PoolSnapshot['state'];
}

/** What a {@link ForeignPoolView} looks at. */
interface ForeignViewParts<C> {
  readonly options: ResolvedPoolOptions;
  readonly counts: () => ForeignCounts;
  readonly facts: () => ConnectorFacts;
  readonly tracker: LeaseTracker;
  readonly journal: PoolJournal<C>;
  readonly waits: ForeignWaits;
  readonly lastConnectError: () => { readonly error: unknown } | undefined;
}

/** Waiters shown in a snapshot. */
const MAX_WAITERS = 20;

/** A foreign pool as data, in the form of one of ours. */
export class ForeignPoolView<C> {
  readonly #parts: ForeignViewParts<C>;
  readonly #options: FixedOptionsView;
  readonly #history = new PoolHistory();
  /** The most leases at once since the last sample. */
  #peak = 0;

  constructor(parts: ForeignViewParts<C>) {
    this.#parts = parts;
    this.#options = viewOptions(parts.options);
  }

  /** One more is lent. */
  lent(): void {
    this.#peak = Math.max(this.#peak, this.#parts.tracker.used);
  }

  glance(): PoolGlance {
    const { options, tracker, journal, counts } = this.#parts;
    return Object.freeze({
      ...this.#counts(),
      state: counts().state,
      at: options.clock.coarseNow(),
      acquireTimeoutMs: options.acquireTimeoutMs,
      suspected: tracker.suspected,
      counters: this.#counters(),
      waits: journal.waitTime.mark(),
      lastConnectError: this.#lastConnectError,
    });
  }

  snapshot(): PoolSnapshot {
    const { options, tracker, journal } = this.#parts;
    const leases = Object.freeze(tracker.leases());
    const { state, max } = this.#parts.counts();
    return Object.freeze({
      ...this.#counts(),
      schemaVersion: 1,
      at: new Date(options.clock.wallTime()).toISOString(),
      state,
      watchedOnly: true,
      overflow: 0,
      options: Object.freeze({ ...this.#options, size: max, maxOverflow: 0 }),
      counters: this.#counters(),
      waitTime: journal.waitTime.summary(),
      useTime: tracker.useTime.summary(),
      createTime: journal.createTime.summary(),
      leases,
      waiters: Object.freeze(this.#waiters()),
      holders: Object.freeze(groupHolders(leases)),
      sites: Object.freeze(tracker.sites()),
      reports: Object.freeze([...tracker.reports]),
      longestStallMs: journal.longestStallMs,
      blockedMs: this.#blockedMs,
      lastConnectError: this.#lastConnectError,
      facts: Object.freeze({ ...this.#parts.facts() }),
    });
  }

  /** Keeps what the pool looks like now, unless it has done so a moment ago. */
  remember(now: number): void {
    this.#history.note(now, () => {
      const sample = this.#sample(now);
      this.#peak = this.#parts.tracker.used;
      return sample;
    });
  }

  /** The recent past, and now. */
  history(): readonly PoolSample[] {
    return Object.freeze([...this.#history.samples, this.#sample(this.#parts.options.clock.coarseNow())]);
  }

  #counts(): PoolCounts {
    const { options, waits } = this.#parts;
    const { used, idle, connecting, waiting, max } = this.#parts.counts();
    const { oldest } = waits;
    return {
      name: options.name,
      used,
      idle,
      connecting,
      resetting: 0,
      closing: 0,
      lost: 0,
      pending: Math.max(waiting, waits.length),
      oldestWaitMs: oldest === undefined ? 0 : waits.ageOf(oldest),
      size: max,
      max,
    };
  }

  #counters(): PoolCounters {
    const { journal, tracker } = this.#parts;
    return Object.freeze({
      ...journal.counters,
      acquired: tracker.opened,
      leaksReported: tracker.leaksReported,
      returnedLate: tracker.returnedLate,
      nested: 0,
    });
  }

  #sample(now: number): PoolSample {
    const { tracker, journal } = this.#parts;
    const { used, pending, oldestWaitMs } = this.#counts();
    return Object.freeze({
      at: now,
      used,
      peakUsed: Math.max(used, this.#peak),
      overflow: 0,
      pending,
      oldestWaitMs,
      counters: this.#counters(),
      heldMs: tracker.useTime.sumMs,
      ended: tracker.useTime.count,
      waitedMs: journal.waitTime.sumMs,
      waits: journal.waitTime.count,
      blockedMs: this.#blockedMs,
    });
  }

  #waiters(): WaiterView[] {
    const views: WaiterView[] = [];
    for (const wait of this.#parts.waits) {
      if (views.push(this.#viewWait(wait)) === MAX_WAITERS) break;
    }
    return views;
  }

  #viewWait(wait: ForeignWait): WaiterView {
    const { options, tracker, waits } = this.#parts;
    const { acquireTimeoutMs } = options;
    return Object.freeze({
      waitedMs: waits.ageOf(wait),
      timeoutMs: Number.isFinite(acquireTimeoutMs) ? acquireTimeoutMs : undefined,
      site: tracker.siteOf(wait.origin),
      label: undefined,
      priority: 'normal',
      tenant: undefined,
    });
  }

  get #blockedMs(): number {
    const { blockedMs, frozenMs } = this.#parts.options.clock.loop.pauses;
    return blockedMs + frozenMs;
  }

  get #lastConnectError(): string | undefined {
    const last = this.#parts.lastConnectError();
    return last === undefined ? undefined : describeFailure(last.error);
  }
}
