import { formatCallSite, formatPlace } from './call-site.ts';
import { formatDuration, moreRow, renderReport } from './error-report.ts';
import type { ReportRow } from './error-report.ts';
import type { RevokeReason, WarningCode } from './errors.ts';
import type { Evidence } from './leak-detector.ts';
import { activityOf } from './session.ts';
import type { LeaseView, SessionView } from './snapshot.ts';

/** A suspected leak, as data. */
export interface LeakReport {
  readonly id: number;
  readonly code: Extract<WarningCode, 'LG_LEAK_SUSPECTED' | 'LG_SLOW_LEASE'>;
  readonly pool: string;
  /** ISO 8601, wall clock. */
  readonly at: string;
  readonly evidence: readonly Evidence[];
  /** The threshold that was passed: of the strongest evidence by time, milliseconds. */
  readonly thresholdMs: number;
  /** Set when it was the habits of this place that made the threshold, and not an option. */
  readonly usual: { readonly p99Ms: number; readonly leases: number } | undefined;
  readonly lease: LeaseView;
  readonly used: number;
  readonly max: number;
  readonly pending: number;
  /** Whether it is for the log; `false` when a report of the same place was logged within `reportIntervalMs`. */
  readonly isLogged: boolean;
  /** Reports of the same place that were not logged since the last one that was. */
  readonly unlogged: number;
}

/** The holder gave back, after all, what had been reported, or taken from it. */
export interface ReturnedLate {
  /** The report that this closes; `undefined` when the lease was taken back without one (at a deadline, at a close). */
  readonly reportId: number | undefined;
  readonly pool: string;
  readonly leaseId: number;
  readonly heldMs: number;
  /** Why it had been taken back before; then this release did nothing. */
  readonly revoked: RevokeReason | undefined;
}

/** The report as people read it: what, where, the likely cause, the fix. */
export function formatLeakReport(report: LeakReport): string {
  const { lease } = report;
  const slow = report.code === 'LG_SLOW_LEASE';
  const held = `connection of pool "${report.pool}" held for ${formatDuration(lease.heldMs)}${thresholdOf(report)}`;
  const summary = `${report.code}: ${held}, ${slow ? 'its query is still running' : 'not returned'}`;
  return renderReport(summary, [
    ...describeLease(lease),
    ['evidence', report.evidence.map((evidence) => explain(evidence, report)).join(', ')],
    ...blockedRow(lease),
    ['effect', effectOf(report)],
    ...repeatsRow(report),
    ...(slow ? ADVICE_ON_SLOW : adviseOnLease(lease)),
    moreRow(report.code),
  ]);
}

const ADVICE_ON_SLOW: readonly ReportRow[] = [
  ['likely', 'a slow query or a lock wait, not a leak'],
  ['fix', 'look at the query; long work can be given its own limit'],
];

/** Where a lease was acquired (the nearest `maxFrames` frames of the application), for whom, and what it does. */
export function describeLease(lease: LeaseView, maxFrames = 4): ReportRow[] {
  return [['acquired', acquiredAt(lease, maxFrames)], ...sessionRow(lease), ['doing', doing(lease)]];
}

/** Why a lease was most likely not given back, and what to do about it. */
export function adviseOnLease(lease: LeaseView): ReportRow[] {
  return [
    ['likely', likelyCause(lease)],
    ['fix', fixFor(lease)],
  ];
}

/** That a handle is garbage needs no time to be known. */
function thresholdOf({ thresholdMs }: LeakReport): string {
  return thresholdMs > 0 ? ` (threshold ${formatDuration(thresholdMs)})` : '';
}

function acquiredAt(lease: LeaseView, maxFrames: number): string[] {
  const [nearest, ...others] = lease.frames.slice(0, maxFrames);
  if (nearest !== undefined) return [formatPlace(lease.label, nearest), ...others.map(formatCallSite)];
  return [lease.label ?? 'no stack was recorded for this acquire (the capture budget was spent)'];
}

function sessionRow({ session }: LeaseView): ReportRow[] {
  if (session === undefined) return [];
  const tags = Object.entries(session.tags).map(([key, value]) => ` ${key}=${value}`);
  const trace = session.traceId === undefined ? '' : ` trace=${session.traceId}`;
  return [[session.kind, `${titleOf(session)}${tags.join('')}${trace}`]];
}

function titleOf(session: SessionView): string {
  return session.name ?? `#${session.id}`;
}

function doing(lease: LeaseView): string {
  const since = lease.idleMs === undefined ? '' : `, for ${formatDuration(lease.idleMs)}`;
  const pid = lease.backendPid === undefined ? '' : ` (server pid ${lease.backendPid})`;
  return `${activityOf(lease)}${since}${pid}`;
}

function explain(evidence: Evidence, { lease, usual }: LeakReport): string {
  switch (evidence) {
    case 'overdue':
      if (usual === undefined) return evidence;
      return `${evidence} (99 % of ${usual.leases} leases of this place took less than ${formatDuration(usual.p99Ms)})`;
    case 'orphaned':
      return `${evidence} (${endOfOwner(lease)})`;
    case 'collected':
      return `${evidence} (its handle is garbage: nobody can give it back)`;
    case 'idle':
      return evidence;
    /* v8 ignore next -- evidence that is missing above does not compile */
    default:
      return evidence satisfies never;
  }
}

function endOfOwner({ session }: LeaseView): string {
  if (session?.endedMs === undefined) return 'the signal of its acquire has aborted';
  return `its ${session.kind} ended ${formatDuration(session.endedMs)} ago`;
}

function blockedRow({ blockedMs }: LeaseView): ReportRow[] {
  if (blockedMs <= 0) return [];
  return [
    ['blocked', `the event loop stood still for ${formatDuration(blockedMs)} of that, which is not counted`],
  ];
}

function effectOf(report: LeakReport): string {
  const waiting = report.pending === 1 ? '1 caller waits' : `${report.pending} callers wait`;
  // A pool that is only watched does not tell its size.
  const inUse = report.max === Infinity ? `${report.used}` : `${report.used} of ${report.max}`;
  return `${inUse} connections are in use, ${waiting}`;
}

function repeatsRow({ unlogged }: LeakReport): ReportRow[] {
  if (unlogged === 0) return [];
  return [
    [
      'also',
      `${unlogged} more ${unlogged === 1 ? 'report' : 'reports'} of this place since the last one logged`,
    ],
  ];
}

function likelyCause(lease: LeaseView): string {
  if (lease.collected)
    return 'acquired and dropped: the variable that held it is gone, and release() was never called';
  const { session } = lease;
  if (session?.endedMs !== undefined) {
    return `the ${session.kind} was answered or left on a path that does not release, or work goes on after it`;
  }
  if (session?.kind === 'session') return 'a managed block that waits for something other than the database';
  if (lease.transaction !== 'none')
    return 'a transaction that is neither committed nor rolled back on some path';
  if (lease.queries === 0) return 'acquired and forgotten: no query ever ran on it';
  return 'release() is not reached on some path, such as an error between acquire and release';
}

function fixFor(lease: LeaseView): string {
  if (lease.session?.kind === 'session' && lease.session.endedMs === undefined)
    return 'move what is not SQL out of the block, or give it a shorter timeoutMs';
  const site = lease.site === undefined ? 'the code' : `${lease.site.file}:${lease.site.line}`;
  return `wrap ${site} in managedTransaction(), or release in "finally"; raising the size only delays this`;
}
