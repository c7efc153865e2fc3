import { formatCallSite } from './call-site.ts';
import { formatDuration, renderReport } from './error-report.ts';
import type { ReportRow } from './error-report.ts';
import { pageOf } from './errors.ts';
import type { WarningCode } from './errors.ts';
import type { Evidence } from './leak-detector.ts';
import { activityOf } from './session.ts';
import type { LeaseView } from './snapshot.ts';

/** A suspected leak, as data. */
export interface LeakReport {
  readonly id: number;
  readonly code: Extract<WarningCode, 'LG_LEAK_SUSPECTED' | 'LG_SLOW_LEASE'>;
  readonly pool: string;
  /** ISO 8601, wall clock. */
  readonly at: string;
  readonly evidence: readonly Evidence[];
  readonly thresholdMs: number;
  readonly lease: LeaseView;
  readonly used: number;
  readonly max: number;
  readonly pending: number;
}

/** The holder gave back, after all, what had been reported. */
export interface ReturnedLate {
  readonly reportId: number;
  readonly pool: string;
  readonly leaseId: number;
  readonly heldMs: number;
}

/** The report as people read it: what, where, the likely cause, the fix. */
export function formatLeakReport(report: LeakReport): string {
  const { lease } = report;
  const slow = report.code === 'LG_SLOW_LEASE';
  const summary =
    `${report.code}: connection of pool "${report.pool}" held for ${formatDuration(lease.heldMs)} ` +
    `(threshold ${formatDuration(report.thresholdMs)})${slow ? ', its query is still running' : ', not returned'}`;
  return renderReport(summary, [
    ['acquired', acquiredAt(lease)],
    ...sessionRow(lease),
    ['doing', doing(lease)],
    ['evidence', report.evidence.join(', ')],
    ['effect', effectOf(report)],
    ['likely', slow ? 'a slow query or a lock wait, not a leak' : likelyCause(lease)],
    ['fix', slow ? 'look at the query; long work can be given its own limit' : fixFor(lease)],
    ['more', pageOf(report.code)],
  ]);
}

function acquiredAt(lease: LeaseView): string[] {
  if (lease.frames.length > 0) return lease.frames.slice(0, 4).map(formatCallSite);
  return [lease.label ?? 'no stack was recorded for this acquire (the capture budget was spent)'];
}

function sessionRow(lease: LeaseView): ReportRow[] {
  if (lease.session === undefined) return [];
  const tags = Object.entries(lease.session.tags).map(([key, value]) => ` ${key}=${value}`);
  return [['session', `${lease.session.name ?? `#${lease.session.id}`}${tags.join('')}`]];
}

function doing(lease: LeaseView): string {
  const since = lease.idleMs === undefined ? '' : `, for ${formatDuration(lease.idleMs)}`;
  const pid = lease.backendPid === undefined ? '' : ` (server pid ${lease.backendPid})`;
  return `${activityOf(lease)}${since}${pid}`;
}

function effectOf(report: LeakReport): string {
  const waiting = report.pending === 1 ? '1 caller waits' : `${report.pending} callers wait`;
  // A pool that is only watched does not tell its size.
  const inUse = report.max === Infinity ? `${report.used}` : `${report.used} of ${report.max}`;
  return `${inUse} connections are in use, ${waiting}`;
}

function likelyCause(lease: LeaseView): string {
  if (lease.session !== undefined) return 'a managed block that waits for something other than the database';
  if (lease.transaction !== 'none')
    return 'a transaction that is neither committed nor rolled back on some path';
  if (lease.queries === 0) return 'acquired and forgotten: no query ever ran on it';
  return 'release() is not reached on some path, such as an error between acquire and release';
}

function fixFor(lease: LeaseView): string {
  if (lease.session !== undefined)
    return 'move what is not SQL out of the block, or give it a shorter timeoutMs';
  const site = lease.site === undefined ? 'the code' : `${lease.site.file}:${lease.site.line}`;
  return `wrap ${site} in managedTransaction(), or release in "finally"; raising the size only delays this`;
}
