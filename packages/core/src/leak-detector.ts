import type { LeaseRecord } from './lease-record.ts';

/**
 * A grade of evidence that a lease is leaked. `overdue`: held for longer than its threshold. `idle`: held, and no query for
 * that long. `orphaned`: its session, its request or the signal of its acquire is over. `collected`: its handle is garbage.
 */
export type Evidence = 'overdue' | 'idle' | 'orphaned' | 'collected';

/** One bit a grade, so that a lease remembers what was reported of it. */
const BIT: Readonly<Record<Evidence, number>> = { overdue: 1, idle: 2, orphaned: 4, collected: 8 };

/** When a lease becomes suspect. Milliseconds. */
export interface LeakThresholds {
  /** Held longer than this: `overdue`. */
  readonly leakThresholdMs: number;
  /** Held without any query for longer than this: `idle`. */
  readonly idleThresholdMs: number;
  /** Open for longer than this after the end of its owner: `orphaned`. */
  readonly orphanGraceMs: number;
}

/** What a lease is judged by: the thresholds, and what its place in the code usually does, where that is known. */
export interface Judgement {
  readonly thresholds: LeakThresholds;
  /** See {@link SiteStats.adaptiveThresholdMs}. */
  readonly adaptiveMs: number | undefined;
}

/**
 * The evidence against a lease, when some of it has not been reported yet; marks all of it as reported. So each lease is
 * reported once for each grade. A lease whose query is running is slow, not leaked: only its threshold counts then.
 */
export function collectEvidence(record: LeaseRecord, now: number, judgement: Judgement): Evidence[] {
  const found = evidenceAgainst(record, now, judgement);
  const bits = found.reduce((all, evidence) => all | BIT[evidence], 0);
  if ((bits & ~record.findings.evidence) === 0) return [];
  record.find().evidence |= bits;
  return found;
}

function evidenceAgainst(
  record: LeaseRecord,
  now: number,
  { thresholds, adaptiveMs = Infinity }: Judgement,
): Evidence[] {
  if (isExempt(record)) return [];
  const { leakThresholdMs } = thresholdsFor(record, thresholds);
  const heldMs = record.heldMs(now);
  if (record.queryRunning) return heldMs >= leakThresholdMs ? ['overdue'] : [];
  const found: Evidence[] = [];
  if (heldMs >= Math.min(leakThresholdMs, adaptiveMs)) found.push('overdue');
  if (isIdle(record, now, thresholds)) found.push('idle');
  if (isOrphaned(record, now, thresholds)) found.push('orphaned');
  if (record.findings.collected) found.push('collected');
  return found;
}

/** Whoever sets no limit at all means to hold for ever, and perhaps to keep nothing but the connection. */
function isExempt(record: LeaseRecord): boolean {
  return record.leakThresholdMs === Infinity;
}

/** Whether the lease does nothing at all now, and has not for as long as the threshold says. */
function isIdle(record: LeaseRecord, now: number, thresholds: LeakThresholds): boolean {
  const idleMs = record.idleMs(now);
  return idleMs !== undefined && idleMs >= thresholdsFor(record, thresholds).idleThresholdMs;
}

/**
 * Whether taking the lease back hurts nobody: no query runs, and either none has for as long as `idleThresholdMs` says, or
 * nobody is left who could want one, and none came within the grace that an owner has for tidying up.
 */
export function isReclaimable(record: LeaseRecord, now: number, thresholds: LeakThresholds): boolean {
  const idleMs = record.idleMs(now);
  if (idleMs === undefined || isExempt(record)) return false;
  if (isIdle(record, now, thresholds)) return true;
  // A signal is evidence, but not enough to take something away: it may have been meant for the wait only.
  const hasEnded = record.session?.endedAt !== undefined && isOrphaned(record, now, thresholds);
  const isOwnerless = record.findings.collected || hasEnded;
  return isOwnerless && idleMs >= thresholds.orphanGraceMs;
}

/** The thresholds that hold for this lease. One of its own takes the place of both. */
export function thresholdsFor(record: LeaseRecord, thresholds: LeakThresholds): LeakThresholds {
  const own = record.leakThresholdMs;
  return own === undefined ? thresholds : { ...thresholds, leakThresholdMs: own, idleThresholdMs: own };
}

function isOrphaned(record: LeaseRecord, now: number, { orphanGraceMs }: LeakThresholds): boolean {
  const orphanedMs = record.orphanedMs(now);
  return orphanedMs !== undefined && orphanedMs >= orphanGraceMs;
}
