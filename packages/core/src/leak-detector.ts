import type { LeaseRecord } from './lease-record.ts';

/** A grade of evidence that a lease is leaked. More can be known later: that its session ended, that its handle was collected. */
export type Evidence = 'overdue' | 'idle';

/** One bit a grade, so that a lease remembers what was reported of it. */
const BIT: Readonly<Record<Evidence, number>> = { overdue: 1, idle: 2 };

/** When a lease becomes suspect. */
export interface LeakThresholds {
  /** Held longer than this: `overdue`. Milliseconds. */
  readonly leakThresholdMs: number;
  /** Held without any query for longer than this: `idle`. Milliseconds. */
  readonly idleThresholdMs: number;
}

/**
 * The evidence against a lease that has not been reported yet, and marks it as reported: each lease is reported once for
 * each grade. A lease whose query is running may be overdue, but is never idle.
 */
export function collectEvidence(record: LeaseRecord, now: number, thresholds: LeakThresholds): Evidence[] {
  const found: Evidence[] = [];
  if (isOverdue(record, now, thresholds)) found.push('overdue');
  if (isIdle(record, now, thresholds)) found.push('idle');
  const fresh = found.some((evidence) => (record.reportedEvidence & BIT[evidence]) === 0);
  if (!fresh) return [];
  for (const evidence of found) record.reportedEvidence |= BIT[evidence];
  return found;
}

/** Whether the lease does nothing at all now, and has not for as long as the threshold says. */
export function isIdle(record: LeaseRecord, now: number, thresholds: LeakThresholds): boolean {
  const idleMs = record.idleMs(now);
  return idleMs !== undefined && idleMs >= thresholds.idleThresholdMs;
}

function isOverdue(record: LeaseRecord, now: number, thresholds: LeakThresholds): boolean {
  return now - record.openedAt >= thresholds.leakThresholdMs;
}
