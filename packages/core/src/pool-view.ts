import { priorityOfRank } from './acquire-priority.ts';
import { PoolHistory } from './advice/pool-history.ts';
import type { PoolSample } from './advice/pool-history.ts';
import type { AcquireQueue } from './acquire-queue.ts';
import type { Clock } from './clock.ts';
import type { ConnectionOpener } from './connection-opener.ts';
import type { Connector, ConnectorFacts } from './connector.ts';
import { describeFailure } from './error-report.ts';
import { groupHolders } from './holders.ts';
import type { Lease } from './lease.ts';
import type { LeaseTracker } from './lease-tracker.ts';
import type { NestedAcquires } from './nested-acquire.ts';
import type { PoolEntries } from './pool-entries.ts';
import type { PoolJournal } from './pool-journal.ts';
import type { PoolGlance } from './pool-glance.ts';
import type { FixedPoolOptions, PoolCapacity } from './pool-capacity.ts';
import { viewOptions } from './pool-options-view.ts';
import type { FixedOptionsView } from './pool-options-view.ts';
import { printable } from './printable.ts';
import type {
  HolderView,
  LeaseView,
  PoolCounters,
  PoolCounts,
  PoolSnapshot,
  WaiterView,
} from './snapshot.ts';
import type { Waiter } from './waiter.ts';

/** Waiters shown in a snapshot. */
const MAX_WAITERS = 20;

/** What a {@link PoolView} looks at. */
export interface PoolViewParts<C> {
  readonly options: FixedPoolOptions;
  readonly capacity: PoolCapacity;
  readonly clock: Clock;
  readonly connector: Connector<C>;
  readonly entries: PoolEntries<C>;
  readonly queue: AcquireQueue<Lease<C>>;
  readonly journal: PoolJournal<C>;
  readonly opener: ConnectionOpener<C>;
  readonly tracker: LeaseTracker;
  readonly nested: NestedAcquires;
  readonly state: () => PoolSnapshot['state'];
}

/** A pool as data. It reads what the pool's parts know, and changes nothing. */
export class PoolView<C> {
  readonly #parts: PoolViewParts<C>;
  readonly #options: FixedOptionsView;
  readonly #history = new PoolHistory();
  #lastHolding = { at: NaN, leases: [] as readonly LeaseView[], holders: [] as readonly HolderView[] };

  constructor(parts: PoolViewParts<C>) {
    this.#parts = parts;
    this.#options = viewOptions(parts.options);
  }

  counts(): PoolCounts {
    const { options, capacity, entries, queue } = this.#parts;
    return Object.freeze({
      name: options.name,
      used: entries.count('leased'),
      idle: entries.count('idle'),
      connecting: entries.count('connecting'),
      resetting: entries.beingCaredFor,
      closing: entries.count('closing'),
      lost: entries.count('lost'),
      pending: queue.length,
      oldestWaitMs: this.#waitedMs(queue.oldest),
      size: capacity.size,
      max: capacity.max,
    });
  }

  glance(): PoolGlance {
    const { clock, options, opener, tracker, journal, state } = this.#parts;
    return Object.freeze({
      ...this.counts(),
      state: state(),
      at: clock.coarseNow(),
      acquireTimeoutMs: options.acquireTimeoutMs,
      suspected: tracker.suspected,
      counters: this.#counters(),
      waits: journal.waitTime.mark(),
      lastConnectError: opener.isFailing ? describeFailure(opener.lastError) : undefined,
    });
  }

  snapshot(): PoolSnapshot {
    const { clock, entries, capacity, journal, opener, tracker } = this.#parts;
    const leases = Object.freeze(tracker.leases());
    return Object.freeze({
      ...this.counts(),
      schemaVersion: 1,
      at: new Date(clock.wallTime()).toISOString(),
      state: this.#parts.state(),
      watchedOnly: false,
      overflow: Math.max(0, entries.occupied - capacity.size),
      options: Object.freeze({ ...this.#options, size: capacity.size, maxOverflow: capacity.maxOverflow }),
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
      lastConnectError: opener.isFailing ? describeFailure(opener.lastError) : undefined,
      facts: this.#facts(),
    });
  }

  /** Looked at once for all who are turned away in the same moment: there may be thousands of them. */
  holding(): { readonly leases: readonly LeaseView[]; readonly holders: readonly HolderView[] } {
    const at = this.#parts.clock.coarseNow();
    if (this.#lastHolding.at !== at) {
      const leases = this.#parts.tracker.leases();
      this.#lastHolding = { at, leases, holders: groupHolders(leases) };
    }
    return this.#lastHolding;
  }

  /** Keeps what the pool looks like now, unless it has done so a moment ago. */
  remember(now: number): void {
    this.#history.note(now, () => this.#sample(now, this.#parts.entries.takePeak()));
  }

  /** The recent past, and now. */
  history(): readonly PoolSample[] {
    const now = this.#sample(this.#parts.clock.coarseNow(), this.#parts.entries.peak);
    return Object.freeze([...this.#history.samples, now]);
  }

  #sample(now: number, peakUsed: number): PoolSample {
    const { entries, capacity, queue, tracker, journal } = this.#parts;
    return Object.freeze({
      at: now,
      used: entries.leased,
      peakUsed,
      overflow: Math.max(0, entries.occupied - capacity.size),
      pending: queue.length,
      oldestWaitMs: this.#waitedMs(queue.oldest),
      counters: this.#counters(),
      heldMs: tracker.useTime.sumMs,
      ended: tracker.useTime.count,
      waitedMs: journal.waitTime.sumMs,
      waits: journal.waitTime.count,
      blockedMs: this.#blockedMs,
    });
  }

  #counters(): PoolCounters {
    const { journal, tracker, nested } = this.#parts;
    return Object.freeze({
      ...journal.counters,
      acquired: tracker.opened,
      leaksReported: tracker.leaksReported,
      returnedLate: tracker.returnedLate,
      nested: nested.count,
    });
  }

  #waiters(): WaiterView[] {
    const views: WaiterView[] = [];
    for (const waiter of this.#parts.queue) {
      if (views.push(this.#viewWaiter(waiter)) === MAX_WAITERS) break;
    }
    return views;
  }

  #viewWaiter(waiter: Waiter<Lease<C>>): WaiterView {
    const { origin, line, timeoutMs } = waiter;
    return Object.freeze({
      waitedMs: this.#waitedMs(waiter),
      timeoutMs: Number.isFinite(timeoutMs) ? timeoutMs : undefined,
      site: this.#parts.tracker.siteOf(origin),
      label: origin.label === undefined ? undefined : printable(origin.label),
      priority: priorityOfRank(line.rank),
      tenant: line.tenant.id === undefined ? undefined : printable(line.tenant.id),
    });
  }

  #waitedMs(waiter: Waiter<Lease<C>> | undefined): number {
    return waiter === undefined ? 0 : Math.max(0, this.#parts.clock.now() - waiter.enqueuedAt);
  }

  get #blockedMs(): number {
    const { blockedMs, frozenMs } = this.#parts.clock.loop.pauses;
    return blockedMs + frozenMs;
  }

  /** A connector is somebody else's code at times. */
  #facts(): ConnectorFacts {
    const { connector, journal } = this.#parts;
    try {
      return Object.freeze({ ...connector.facts?.() });
    } catch (failure) {
      journal.failed('connector.facts', failure);
      return Object.freeze({});
    }
  }
}
