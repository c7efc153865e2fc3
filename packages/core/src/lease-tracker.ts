import type { Clock, Timer } from './clock.ts';
import { groupHolders } from './holders.ts';
import { Histogram } from './histogram.ts';
import { collectEvidence } from './leak-detector.ts';
import type { Evidence, LeakThresholds } from './leak-detector.ts';
import type { LeakReport, ReturnedLate } from './leak-report.ts';
import { LeaseRecord } from './lease-record.ts';
import type { LeaseOrigin, LeaseOwner, LeaseState } from './lease-record.ts';
import { LinkedList } from './linked-list.ts';
import { currentSession, innermostOpen } from './session.ts';
import type { HolderView, LeaseView } from './snapshot.ts';
import { StackRecorder } from './stack-recorder.ts';
import type { StackRecorderOptions } from './stack-recorder.ts';

/** Reports kept for snapshots. */
const MAX_REPORTS = 50;
/** Leases shown in a snapshot or an error. */
const MAX_VIEWS = 100;
/** A sweep later than this says that the event loop was blocked. */
const STALL_MS = 50;

/** What a tracker needs to know of the pool around it when it reports. */
export interface Occupancy {
  readonly used: number;
  readonly max: number;
  readonly pending: number;
}

/** How a {@link LeaseTracker} is made. */
export interface LeaseTrackerOptions extends LeakThresholds {
  readonly name: string;
  readonly clock: Clock;
  readonly monitorIntervalMs: number;
  readonly stacks?: StackRecorderOptions;
  readonly occupancy?: () => Occupancy;
  readonly onLeak?: (report: LeakReport, record: LeaseRecord) => void;
  readonly onReturnedLate?: (retraction: ReturnedLate) => void;
  /** Called at the end of each sweep, after all reports. */
  readonly onSweep?: (now: number) => void;
}

/**
 * Knows who holds what: it opens a record at acquire, closes it at release, and looks for leaks in between. It works over
 * any pool; where it can take a lease back is the business of the lease's owner.
 */
export class LeaseTracker {
  readonly name: string;
  readonly useTime: Histogram = new Histogram();
  readonly #options: LeaseTrackerOptions;
  readonly #clock: Clock;
  readonly #stacks: StackRecorder;
  readonly #open = new LinkedList<LeaseRecord>();
  readonly #reports: LeakReport[] = [];
  #lastLeaseId = 0;
  #lastReportId = 0;
  #opened = 0;
  #leaks = 0;
  #returnedLate = 0;
  #sweepTimer: Timer | undefined;
  #skipped = false;

  constructor(options: LeaseTrackerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#clock = options.clock;
    this.#stacks = new StackRecorder(options.clock, options.stacks);
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
    return this.#leaks;
  }

  get returnedLate(): number {
    return this.#returnedLate;
  }

  /** The last reports, oldest first. */
  get reports(): readonly LeakReport[] {
    return this.#reports;
  }

  /** Notes who is asking. Must run inside the `acquire` call itself: any later, it would see whoever released. */
  origin(label?: string): LeaseOrigin {
    return { session: currentSession(), stack: this.#stacks.record(), label };
  }

  /** Opens a lease. */
  open(owner: LeaseOwner, origin: LeaseOrigin): LeaseRecord {
    // While the caller waited its session may have ended; the one around it still bounds what it was granted.
    const session = innermostOpen(origin.session);
    const asOfNow = session === origin.session ? origin : { ...origin, session };
    const record = new LeaseRecord((this.#lastLeaseId += 1), this.#clock, owner, asOfNow);
    this.#opened += 1;
    this.#open.append(record);
    record.session?.attach(record);
    if (this.#sweepTimer === undefined) this.#armSweep();
    return record;
  }

  /** Closes a lease, in the state it ends in. Returns false, and does nothing, when it is closed already. */
  close(record: LeaseRecord, state: LeaseState): boolean {
    if (!this.#open.remove(record)) return false;
    record.state = state;
    record.session?.detach(record);
    const heldMs = this.#clock.coarseNow() - record.openedAt;
    this.useTime.record(heldMs);
    if (record.reportedEvidence !== 0 && state.kind === 'released') this.#retract(record, heldMs);
    return true;
  }

  /** Open leases, longest held first. */
  leases(): LeaseView[] {
    const now = this.#clock.coarseNow();
    const views: LeaseView[] = [];
    for (const record of this.#open) {
      if (views.push(record.view(now)) === MAX_VIEWS) break;
    }
    return views;
  }

  /** Open leases grouped by the place that took them. */
  holders(): HolderView[] {
    return groupHolders(this.leases());
  }

  /** The records of all open leases, longest held first. */
  records(): Iterable<LeaseRecord> {
    return this.#open;
  }

  /** Looks at every open lease once. Runs by itself each `monitorIntervalMs` while leases are open. */
  sweep(): void {
    const now = this.#clock.now();
    for (const record of [...this.#open]) {
      if (record.list === undefined) continue; // Closed by a listener of an earlier report.
      record.trace();
      const evidence = collectEvidence(record, now, this.#options);
      if (evidence.length > 0) this.#report(record, evidence, now);
    }
    this.#options.onSweep?.(now);
  }

  /** Stops looking. Leases can still be opened and closed. */
  stop(): void {
    this.#sweepTimer?.cancel();
    this.#sweepTimer = undefined;
  }

  #armSweep(): void {
    const dueAt = this.#clock.now() + this.#options.monitorIntervalMs;
    this.#sweepTimer = this.#clock.setTimer(this.#options.monitorIntervalMs, () => {
      this.#sweepTimer = undefined;
      // After a stall, holders first get the time to go on: it was the loop that held, not they. Never twice in a row, so
      // that a process which is always late is watched all the same.
      this.#skipped = !this.#skipped && this.#clock.now() - dueAt > STALL_MS;
      if (!this.#skipped) this.sweep();
      if (this.#open.length > 0 && this.#sweepTimer === undefined) this.#armSweep();
    });
  }

  #report(record: LeaseRecord, evidence: Evidence[], now: number): void {
    if (!record.queryRunning) this.#stacks.alert();
    if (record.reportId === 0) {
      record.reportId = this.#lastReportId += 1;
      this.#leaks += 1;
    }
    const { used, max, pending } = this.#options.occupancy?.() ?? {
      used: this.used,
      max: Infinity,
      pending: 0,
    };
    const report: LeakReport = Object.freeze({
      id: record.reportId,
      code: record.queryRunning ? 'LG_SLOW_LEASE' : 'LG_LEAK_SUSPECTED',
      pool: this.name,
      at: new Date(this.#clock.wallTime()).toISOString(),
      evidence: Object.freeze(evidence),
      thresholdMs: evidence.includes('overdue')
        ? this.#options.leakThresholdMs
        : this.#options.idleThresholdMs,
      lease: record.view(now),
      used,
      max,
      pending,
    });
    this.#reports.push(report);
    if (this.#reports.length > MAX_REPORTS) this.#reports.shift();
    this.#options.onLeak?.(report, record);
  }

  #retract(record: LeaseRecord, heldMs: number): void {
    this.#returnedLate += 1;
    const retraction = { reportId: record.reportId, pool: this.name, leaseId: record.id, heldMs };
    this.#options.onReturnedLate?.(Object.freeze(retraction));
  }
}
