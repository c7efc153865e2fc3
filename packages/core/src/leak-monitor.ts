import type { Clock, Timer } from './clock.ts';
import type { HandleWatch } from './handle-watch.ts';
import { collectEvidence, thresholdsFor } from './leak-detector.ts';
import type { Evidence, LeakThresholds } from './leak-detector.ts';
import type { LeakReport } from './leak-report.ts';
import type { LeaseRecord } from './lease-record.ts';
import { ReportLimiter } from './report-limiter.ts';
import type { SiteRegistry } from './site-registry.ts';
import type { StackRecorder } from './stack-recorder.ts';

/** Reports kept for snapshots. */
const MAX_REPORTS = 50;
/** Stacks read, and leases reported, in one sweep; about 10 µs each, so that a sweep takes a few milliseconds at most. */
const MAX_READS = 200;
const MAX_REPORTED = 100;
/** After so long a sweep lets the loop turn; nobody shall notice that it looks. A first report may take this long by itself. */
const SLICE_MS = 0.5;
/** A sweep later than this says that the event loop was blocked. */
const STALL_MS = 50;

/** What a {@link LeakMonitor} works with. */
export interface MonitorParts extends LeakThresholds {
  readonly name: string;
  readonly clock: Clock;
  readonly monitorIntervalMs: number;
  readonly reportIntervalMs: number;
  readonly maxSites: number;
  readonly max: () => number;
  readonly stacks: StackRecorder;
  readonly sites: SiteRegistry;
  readonly handles: HandleWatch;
  /** Open leases, longest held first. */
  readonly records: () => Iterable<LeaseRecord>;
  readonly counts: () => { readonly used: number; readonly pending: number };
  readonly onLeak: (report: LeakReport, record: LeaseRecord) => void;
  /** Called at the end of each sweep, after all reports, with its number. */
  readonly onSweep: (now: number, sweep: number) => void;
}

/** One look at all leases that were open when it began. */
interface Sweep {
  readonly now: number;
  readonly records: Iterator<LeaseRecord>;
  reads: number;
  reports: number;
}

/** Looks at open leases from time to time, and reports those against which there is evidence. */
export class LeakMonitor {
  readonly #parts: MonitorParts;
  readonly #limiter: ReportLimiter;
  readonly #reports: LeakReport[] = [];
  #sweeps = 0;
  #lastReportId = 0;
  #timer: Timer | undefined;
  #skipped = false;
  #sweep: Sweep | undefined;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
    this.#limiter = new ReportLimiter(parts.reportIntervalMs, parts.maxSites);
  }

  /** The last reports, oldest first. */
  get reports(): readonly LeakReport[] {
    return this.#reports;
  }

  /** Leases reported so far. */
  get leaks(): number {
    return this.#lastReportId;
  }

  /** Makes sure that open leases are looked at. */
  watch(): void {
    if (this.#timer === undefined) this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#sweep = undefined;
  }

  /** Looks at every open lease once. */
  #begin(): void {
    const { clock, records } = this.#parts;
    this.#sweeps += 1;
    const opened = [...records()].values();
    this.#sweep = { now: clock.now(), records: opened, reads: MAX_READS, reports: MAX_REPORTED };
    this.#goOn(this.#sweep);
  }

  /** Looks at some leases, and at the others in a later turn of the loop. */
  #goOn(sweep: Sweep): void {
    if (this.#sweep !== sweep) return; // It was stopped.
    const { clock, onSweep } = this.#parts;
    const until = clock.now() + SLICE_MS;
    for (let next = sweep.records.next(); next.done !== true; next = sweep.records.next()) {
      this.#look(next.value, sweep);
      if (clock.now() >= until) return clock.afterPendingIo(() => this.#goOn(sweep));
    }
    this.#sweep = undefined;
    onSweep(sweep.now, this.#sweeps);
  }

  #look(record: LeaseRecord, sweep: Sweep): void {
    if (record.list === undefined) return; // Closed meanwhile, by its holder or by a listener of an earlier report.
    this.#letGo(record);
    if (record.hasUnreadStack && sweep.reads > 0) {
      sweep.reads -= 1;
      record.trace();
    }
    if (sweep.reports > 0 && this.#judge(record, sweep.now)) sweep.reports -= 1;
  }

  /**
   * The server, or somebody who knows as much, has told of a lease that it was idle. Reported at once; unless that was
   * done before.
   */
  accuse(record: LeaseRecord): void {
    if (record.findings.reportId === 0) this.#report(record, ['idle'], this.#parts.clock.now());
  }

  #arm(): void {
    const { clock, monitorIntervalMs, counts } = this.#parts;
    const dueAt = clock.now() + monitorIntervalMs;
    this.#timer = clock.setTimer(monitorIntervalMs, () => {
      this.#timer = undefined;
      const now = clock.now();
      clock.loop.blocked(dueAt, now);
      // After a stall, holders first get the time to go on: it was the loop that held, not they. Never twice in a row, so
      // that a process which is always late is watched all the same.
      this.#skipped = !this.#skipped && now - dueAt > STALL_MS;
      // One that has so much to look at that it is not through is not begun again.
      if (!this.#skipped && this.#sweep === undefined) this.#begin();
      if (counts().used > 0) this.watch();
    });
  }

  /** A lease that lives to see a sweep is left to the garbage collector: until then its record has kept its handle. */
  #letGo(record: LeaseRecord): void {
    if (record.handle === undefined) return;
    this.#parts.handles.watch(record.handle, record);
    record.handle = undefined;
  }

  #judge(record: LeaseRecord, now: number): boolean {
    // What usually takes a moment may have met a lock: a query that runs is judged by the fixed threshold alone.
    const hasHabits = record.leakThresholdMs === undefined && !record.queryRunning && !record.hasUnreadStack;
    const adaptiveMs = hasHabits ? this.#parts.sites.adaptiveMs(record, now) : undefined;
    const evidence = collectEvidence(record, now, { thresholds: this.#parts, adaptiveMs });
    if (evidence.length > 0) this.#report(record, evidence, now, adaptiveMs);
    return evidence.length > 0;
  }

  #report(record: LeaseRecord, evidence: readonly Evidence[], now: number, adaptiveMs = Infinity): void {
    const { stacks, sites, onLeak } = this.#parts;
    const site = sites.of(record);
    if (!record.queryRunning) stacks.alert();
    const findings = record.find();
    if (findings.reportId === 0) {
      findings.reportId = this.#lastReportId += 1;
      findings.reportedInSweep = this.#sweeps;
    }
    if (findings.suspectedInSweep === 0 && !record.queryRunning) {
      findings.suspectedInSweep = this.#sweeps;
      if (site !== undefined) site.leaks += 1;
    }
    const code = record.queryRunning ? 'LG_SLOW_LEASE' : 'LG_LEAK_SUSPECTED';
    const unlogged = this.#limiter.admit(`${code} ${site?.key ?? ''}`, now);
    const { leakThresholdMs } = thresholdsFor(record, this.#parts);
    const report: LeakReport = Object.freeze({
      id: findings.reportId,
      code,
      pool: this.#parts.name,
      at: new Date(this.#parts.clock.wallTime()).toISOString(),
      evidence: Object.freeze(evidence),
      thresholdMs: this.#thresholdOf(record, evidence, adaptiveMs),
      usual:
        site !== undefined && evidence.includes('overdue') && adaptiveMs < leakThresholdMs
          ? Object.freeze({ p99Ms: site.p99Ms, leases: site.leases })
          : undefined,
      lease: record.view(now),
      ...this.#parts.counts(),
      max: this.#parts.max(),
      isLogged: unlogged !== undefined,
      unlogged: unlogged ?? 0,
    });
    this.#reports.push(report);
    if (this.#reports.length > MAX_REPORTS) this.#reports.shift();
    onLeak(report, record);
  }

  #thresholdOf(record: LeaseRecord, evidence: readonly Evidence[], adaptiveMs: number): number {
    const { leakThresholdMs, idleThresholdMs, orphanGraceMs } = thresholdsFor(record, this.#parts);
    if (evidence.includes('overdue')) return Math.min(leakThresholdMs, adaptiveMs);
    if (evidence.includes('idle')) return idleThresholdMs;
    return evidence.includes('orphaned') ? orphanGraceMs : 0;
  }
}
