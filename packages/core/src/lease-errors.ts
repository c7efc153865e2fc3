import { formatCallSite, formatPlace } from './call-site.ts';
import { describeFailure, formatDuration } from './error-report.ts';
import type { ReportRow } from './error-report.ts';
import type { ServerLimit } from './connector.ts';
import { ConnectionLostError, LeaseRevokedError, ServerTimeoutError } from './errors.ts';
import type { RevokeReason } from './errors.ts';
import type { LeaseRecord } from './lease-record.ts';
import { activityOf } from './session.ts';
import type { LeaseView } from './snapshot.ts';

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
  lease: LeaseView,
  why: { readonly reason: RevokeReason; readonly cause: unknown; readonly at: number },
): LeaseRevokedError {
  const { reason, cause } = why;
  const revokedAt = new Date(why.at).toISOString();
  return new LeaseRevokedError({
    summary: `lease #${lease.id} of pool "${poolName}" was taken back after ${formatDuration(lease.heldMs)} (${reason})`,
    rows: [
      ['acquired', acquiredAt(lease)],
      ['doing', activityOf(lease)],
      ['when', revokedAt],
      ['fix', FIX[reason]],
    ],
    reason,
    revokedAt,
    lease,
    ...(cause === undefined ? {} : { cause }),
  });
}

function acquiredAt({ label, site, frames }: LeaseView): string[] {
  const [nearest, ...others] = frames.slice(0, 4);
  return [formatPlace(label, nearest ?? site), ...others.map(formatCallSite)];
}

/** The connection of a lease died under it; `limit` when the server ended it by a limit of its own. */
export function connectionLostError(
  poolName: string,
  record: LeaseRecord,
  cause: Error,
  limit: ServerLimit | undefined,
): ConnectionLostError | ServerTimeoutError {
  const whose = `the connection of lease #${record.id} (pool "${poolName}")`;
  if (limit !== undefined) return serverTimeoutError(whose, record, cause, limit);
  return new ConnectionLostError({
    summary: `${whose} died: ${describeFailure(cause)}`,
    rows: [['acquired', placeOfLease(record)]],
    cause,
  });
}

/** The server has ended `whose` (the connection …) by a limit of its own; `record` where its lease is known. */
export function serverTimeoutError(
  whose: string,
  record: LeaseRecord | undefined,
  cause: unknown,
  { sqlState, setting, heldIdle }: ServerLimit,
): ServerTimeoutError {
  const acquired: ReportRow[] = record === undefined ? [] : [['acquired', placeOfLease(record)]];
  const likely = heldIdle
    ? 'the connection was held, and ran no query for longer than the server allows'
    : 'the work took longer than the server allows, and nothing on this side ended it before';
  return new ServerTimeoutError({
    summary: `the server ended ${whose}: ${setting}`,
    rows: [
      ...acquired,
      ['likely', likely],
      ['fix', `end the work earlier (a managed block with timeoutMs below ${setting}), or raise ${setting}`],
    ],
    cause,
    sqlState,
    setting,
  });
}

/** Where a lease was acquired, as reports name it. */
export function placeOfLease(record: LeaseRecord): string {
  return formatPlace(record.label, record.trace().site);
}
