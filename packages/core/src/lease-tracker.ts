import { acquireWatch } from './acquire-watch.ts';
import type { CallSite } from './call-site.ts';
import type { Clock } from './clock.ts';
import { contextStorage } from './context-storage.ts';
import type { AsyncContext } from './context-storage.ts';
import type { DurationFeed } from './duration-feed.ts';
import { watchByCollector } from './handle-watch.ts';
import type { HandleWatch } from './handle-watch.ts';
import { runningHolding } from './holding.ts';
import { groupHolders } from './holders.ts';
import { Histogram } from './histogram.ts';
import type { LeakThresholds } from './leak-detector.ts';
import { LeakMonitor } from './leak-monitor.ts';
import type { LeakReport, ReturnedLate } from './leak-report.ts';
import { LeaseRecord, UNKNOWN_ORIGIN } from './lease-record.ts';
import type { LeaseEnd, LeaseOrigin, LeaseOwner } from './lease-record.ts';
import { LinkedList } from './linked-list.ts';
import { innermostOpen } from './session.ts';
import { SiteRegistry } from './site-registry.ts';
import type { AdaptiveThreshold, SiteView } from './site-stats.ts';
import type { HolderView, LeaseView } from './snapshot.ts';
import { currentSpan } from './span-source.ts';
import type { AcquireSpans } from './span-source.ts';
import { StackRecorder, readRecordedStack, takeStack } from './stack-recorder.ts';
import type { StackRecorderOptions } from './stack-recorder.ts';
import { WaitLedger } from './wait-ledger.ts';

/** Leases shown in a snapshot or an error. */
const MAX_VIEWS = 100;
/** Stacks that are read for that: each takes about 15 µs, with source maps twice as long, and the loop stands still for all of them. */
const MAX_READ = 40;

/** How a {@link LeaseTracker} is made. What is not explained here is an option of the pool of the same name. */
export interface LeaseTrackerOptions extends LeakThresholds {
  readonly name: string;
  readonly clock: Clock;
  readonly monitorIntervalMs: number;
  readonly reportIntervalMs: number;
  readonly adaptiveThreshold: AdaptiveThreshold | false;
  readonly maxSites: number;
  readonly stacks?: StackRecorderOptions;
  /** Connections that there may be now; shown in reports. @default Infinity: not known */
  readonly max?: () => number;
  /** @default by `FinalizationRegistry` */
  readonly handles?: HandleWatch;
  /** Is told how long each lease was held. @default nobody is */
  readonly durations?: DurationFeed;
  readonly onLeak?: (report: LeakReport, record: LeaseRecord) => void;
  readonly onReturnedLate?: (retraction: ReturnedLate) => void;
  /** Called at the end of each sweep, after all reports, with its number. */
  readonly onSweep?: (now: number, sweep: number) => void;
}

/** What is asked for with an acquire; see the pool's `AcquireOptions`. */
export interface OriginOptions {
  readonly label?: string;
  readonly signal?: AbortSignal;
  readonly leakThresholdMs?: number;
  /** A stack that somebody else has taken in the call, in place of one of ours. Not looked at where stacks are off. */
  readonly stack?: Error | undefined;
}

const NO_OPTIONS: OriginOptions = Object.freeze({});

/**
 * Knows who holds what: it opens a record at acquire, closes it at release, and has the {@link LeakMonitor} look for leaks
 * in between. It works over any pool; whether it can take a lease back is the business of the lease's owner.
 */
export class LeaseTracker {
  readonly name: string;
  readonly useTime: Histogram = new Histogram();
  readonly #options: LeaseTrackerOptions;
  readonly #clock: Clock;
  readonly #stacks: StackRecorder;
  readonly #sites: SiteRegistry;
  readonly #monitor: LeakMonitor;
  readonly #durations: DurationFeed | undefined;
  readonly #ledger = new WaitLedger();
  readonly #open = new LinkedList<LeaseRecord>();
  #opened = 0;
  #returnedLate = 0;
  #pending = 0;

  constructor(options: LeaseTrackerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#clock = options.clock;
    this.#durations = options.durations;
    this.#stacks = new StackRecorder(options.clock, options.stacks);
    this.#sites = new SiteRegistry(options);
    this.#monitor = this.#makeMonitor();
  }

  /** Leases open now. */
  get used(): number {
    return this.#open.length;
  }

  /** Leases opened since the tracker was made. */
  get opened(): number {
    return this.#opened;
  }

  get leaksReported(): number {
    return this.#monitor.leaks;
  }

  get returnedLate(): number {
    return this.#returnedLate;
  }

  /** Open leases that are suspected of being leaked. */
  get suspected(): number {
    let suspected = 0;
    for (const record of this.#open) if (record.isSuspected) suspected += 1;
    return suspected;
  }

  /** Callers that wait for a connection. */
  get pending(): number {
    return this.#pending;
  }

  /** The last reports, oldest first. */
  get reports(): readonly LeakReport[] {
    return this.#monitor.reports;
  }

  /** Places in the code that made others wait longest, then those that held longest; at most 20. */
  sites(): SiteView[] {
    return this.#sites.top();
  }

  /** Notes who is asking. Must run inside the `acquire` call itself: any later, it would see whoever released. */
  origin(options: OriginOptions = NO_OPTIONS): LeaseOrigin {
    const context = contextStorage().getStore();
    if (acquireWatch.isOn) return this.#watchedOrigin(context, options);
    const stack = context?.operation?.stack ?? this.#stacks.record(options.stack);
    if (context === undefined && stack === undefined && options === NO_OPTIONS) return UNKNOWN_ORIGIN;
    return originOf(context, stack, options);
  }

  /** The same, where somebody wants to know more of each acquire. */
  #watchedOrigin(context: AsyncContext | undefined, options: OriginOptions): LeaseOrigin {
    const { witness } = acquireWatch;
    const span = currentSpan();
    const taken =
      witness === undefined
        ? this.#stacks.record(options.stack)
        : (options.stack ?? takeStack(witness.depth));
    const origin = originOf(
      context,
      context?.operation?.stack ?? taken,
      options,
      span && { span, blockedBy: this.#blocker()?.spans?.span },
    );
    witness?.asked(origin);
    return origin;
  }

  /** Whoever has held a connection for longest, while there is no other to be had. */
  #blocker(): LeaseRecord | undefined {
    return this.used >= (this.#options.max?.() ?? Infinity) ? this.#open.first : undefined;
  }

  /** Opens a lease. */
  open(owner: LeaseOwner, origin: LeaseOrigin): LeaseRecord {
    // While the caller waited its session may have ended; the one around it still bounds what it was granted.
    const session = innermostOpen(origin.session);
    const asOfNow = session === origin.session ? origin : { ...origin, session };
    const waitsBefore = this.#ledger.change(this.#clock.coarseNow(), this.#pending, this.#open.length + 1);
    const record = new LeaseRecord((this.#opened += 1), this.#clock, owner, asOfNow, waitsBefore);
    this.#open.append(record);
    session?.attach(record);
    this.#monitor.watch();
    if (acquireWatch.isOn) acquireWatch.witness?.opened(record, origin, this);
    return record;
  }

  /** Closes a lease, in the state it ends in. Returns false, and does nothing, when it is closed already. */
  close(record: LeaseRecord, state: LeaseEnd): boolean {
    if (!this.#open.remove(record)) return false;
    const now = this.#clock.coarseNow();
    record.finish(state);
    record.session?.detach(record);
    if (acquireWatch.isOn) acquireWatch.witness?.closed(record);
    const heldMs = now - record.openedAt;
    this.useTime.record(heldMs);
    if (this.#durations?.isHeard === true) this.#durations.note('use', heldMs, record.spans);
    const waits = this.#ledger.change(now, this.#pending, this.#open.length);
    if (record.isPlaceable) this.#attribute(record, now, waits - record.waitsBefore);
    if (record.findings.evidence !== 0 && state.kind === 'released') this.#retract(record, heldMs);
    return true;
  }

  /** Whether this lease is open, and this tracker's. */
  tracks(record: LeaseRecord): boolean {
    return record.list === this.#open;
  }

  /** Where this acquire was called, as far as the budget for reading stacks goes. */
  siteOf({ stack }: LeaseOrigin): CallSite | undefined {
    if (stack === undefined || !this.#stacks.mayRead()) return undefined;
    return this.#stacks.meter(() => readRecordedStack(stack).site);
  }

  /** So many callers wait now. */
  wait(pending: number): void {
    this.#pending = pending;
    this.#ledger.change(this.#clock.coarseNow(), pending, this.#open.length);
  }

  /** The holder of a lease that was taken back has released it after all: nothing comes of it, but it is told, once. */
  releasedAfterRevocation(record: LeaseRecord): void {
    if (record.state.kind !== 'revoked' || record.findings.cameBack) return;
    record.find().cameBack = true;
    this.#retract(record, this.#clock.coarseNow() - record.openedAt);
  }

  /** The server says of a lease that it was idle for too long. */
  accuse(record: LeaseRecord): void {
    this.#monitor.accuse(record);
  }

  /**
   * Open leases, longest held first. Right after a burst the place of the youngest is not told yet: 40 stacks are read at a
   * time, and the sweep reads what is left.
   */
  leases(): LeaseView[] {
    const now = this.#clock.coarseNow();
    const views: LeaseView[] = [];
    let read = 0;
    for (const record of this.#open) {
      if (record.hasUnreadStack) read += 1;
      if (views.push(record.view(now, read <= MAX_READ)) === MAX_VIEWS) break;
    }
    return views;
  }

  /** One lease as it is now, whose stack is read for that. */
  view(record: LeaseRecord): LeaseView {
    return record.view(this.#clock.coarseNow());
  }

  /** Open leases grouped by the place that took them. */
  holders(): HolderView[] {
    return groupHolders(this.leases());
  }

  /** The records of all open leases, longest held first. */
  records(): Iterable<LeaseRecord> {
    return this.#open;
  }

  /** Stops looking. Leases can still be opened and closed. */
  stop(): void {
    this.#monitor.stop();
  }

  /** What this lease was adds to what is known of its place, as far as the budget for reading stacks goes. */
  #attribute(record: LeaseRecord, now: number, waitsMs: number): void {
    const mustRead = record.label === undefined && record.hasUnreadStack;
    if (mustRead && !this.#stacks.mayRead()) return;
    const site = mustRead ? this.#stacks.meter(() => this.#sites.of(record)) : this.#sites.of(record);
    site?.closed(record, record.heldMs(now), waitsMs);
  }

  #retract(record: LeaseRecord, heldMs: number): void {
    this.#returnedLate += 1;
    const { state } = record;
    this.#options.onReturnedLate?.(
      Object.freeze({
        reportId: record.findings.reportId === 0 ? undefined : record.findings.reportId,
        pool: this.name,
        leaseId: record.id,
        heldMs,
        revoked: state.kind === 'revoked' ? state.error.reason : undefined,
      }),
    );
  }

  #makeMonitor(): LeakMonitor {
    const { max = () => Infinity, handles = watchByCollector(), onLeak, onSweep, ...options } = this.#options;
    return new LeakMonitor({
      ...options,
      max,
      handles,
      stacks: this.#stacks,
      sites: this.#sites,
      records: () => this.#open,
      counts: () => ({ used: this.used, pending: this.#pending }),
      onLeak: (report, record) => onLeak?.(report, record),
      onSweep: (now, sweep) => onSweep?.(now, sweep),
    });
  }
}

function originOf(
  context: AsyncContext | undefined,
  stack: Error | undefined,
  options: OriginOptions,
  spans?: AcquireSpans,
): LeaseOrigin {
  return {
    session: innermostOpen(context?.session),
    holding: runningHolding(context?.holding),
    stack,
    label: options.label ?? context?.operation?.label,
    signal: options.signal,
    leakThresholdMs: options.leakThresholdMs,
    spans,
  };
}
