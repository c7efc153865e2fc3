import { isReclaimable } from './leak-detector.ts';
import type { LeaseRecord } from './lease-record.ts';
import type { ResolvedPoolOptions } from './pool-options.ts';
import type { Session } from './session.ts';

/**
 * Whether the policy may take this lease back. Only one that was reported in an earlier sweep, for doing nothing as a suspect
 * and not as slow: whoever holds it, or reads the log, has been warned. Whether there is need for it under pressure is the
 * pool's to say.
 */
export function mayReclaim(
  record: LeaseRecord,
  options: ResolvedPoolOptions,
  at: { readonly now: number; readonly sweep: number },
): boolean {
  if (wasBefore(record.findings.suspectedInSweep, at.sweep) && isReclaimable(record, at.now, options))
    return true;
  if (options.reclaim !== 'always' || !wasBefore(record.findings.reportedInSweep, at.sweep)) return false;
  return isOverLimit(record, at.now, options);
}

function wasBefore(reported: number, sweep: number): boolean {
  return reported > 0 && reported < sweep;
}

/**
 * With `always`, a lease outside of any session ends where a session would, whatever it does; one with a threshold of its
 * own says that it is meant to be long.
 */
function isOverLimit(record: LeaseRecord, now: number, { sessionTimeoutMs }: ResolvedPoolOptions): boolean {
  if (record.leakThresholdMs !== undefined || isInManagedSession(record.session)) return false;
  return record.heldMs(now) >= sessionTimeoutMs;
}

/** Also through the scopes inside it: that session ends the lease, at its own deadline. */
function isInManagedSession(innermost: Session | undefined): boolean {
  for (let session = innermost; session !== undefined; session = session.parent) {
    if (session.kind === 'session' && session.state === 'open') return true;
  }
  return false;
}
