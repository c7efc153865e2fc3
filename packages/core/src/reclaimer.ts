import { isReclaimable } from './leak-detector.ts';
import type { LeaseRecord } from './lease-record.ts';
import type { ResolvedPoolOptions } from './pool-options.ts';

/**
 * Whether the policy may take this lease back. Only one that was reported in an earlier sweep: whoever holds it, or reads the
 * log, has been warned. Whether there is need for it under pressure is the pool's to say.
 */
export function mayReclaim(
  record: LeaseRecord,
  options: ResolvedPoolOptions,
  at: { readonly now: number; readonly sweep: number },
): boolean {
  if (options.reclaim === 'report' || record.reportId === 0 || record.reportedInSweep >= at.sweep)
    return false;
  if (isReclaimable(record, at.now, options)) return true;
  return options.reclaim === 'always' && isOverLimit(record, at.now, options);
}

/**
 * With `always`, a lease outside of any session ends where a session would, whatever it does; one with a threshold of its
 * own says that it is meant to be long.
 */
function isOverLimit(record: LeaseRecord, now: number, { sessionTimeoutMs }: ResolvedPoolOptions): boolean {
  if (record.session?.kind === 'session' || record.leakThresholdMs !== undefined) return false;
  return record.heldMs(now) >= sessionTimeoutMs;
}
