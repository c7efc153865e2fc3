import { formatCallSite } from './call-site.ts';
import { formatDuration } from './error-report.ts';
import { ConnectionLostError, LeaseRevokedError } from './errors.ts';
import type { RevokeReason } from './errors.ts';
import type { LeaseRecord } from './lease-record.ts';

const FIX: Readonly<Record<RevokeReason, string>> = {
  'session-timeout': 'give long work its own timeoutMs, or split it into several short sessions',
  'session-aborted': 'stop working when the signal of the session aborts',
  leak: 'release it in "finally", or use a managed block; nothing had run on it for longer than idleThresholdMs',
  close: 'finish requests before the pool is closed, or give close() a longer drainMs',
  operator: 'somebody has taken it back by hand',
};

/** Why and when a lease was taken back, and where it had been acquired. */
export function leaseRevokedError(
  poolName: string,
  record: LeaseRecord,
  heldMs: number,
  why: { readonly reason: RevokeReason; readonly cause: unknown },
): LeaseRevokedError {
  const { reason, cause } = why;
  return new LeaseRevokedError({
    summary: `lease #${record.id} of pool "${poolName}" was taken back after ${formatDuration(heldMs)} (${reason})`,
    rows: [
      ['acquired', placeOf(record)],
      ['fix', FIX[reason]],
    ],
    reason,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The connection of a lease died under it. */
export function connectionLostError(
  poolName: string,
  record: LeaseRecord,
  cause: Error,
): ConnectionLostError {
  return new ConnectionLostError({
    summary: `the connection of lease #${record.id} (pool "${poolName}") died: ${cause.message}`,
    rows: [['acquired', placeOf(record)]],
    cause,
  });
}

function placeOf(record: LeaseRecord): string {
  return record.label ?? formatCallSite(record.trace().site);
}
