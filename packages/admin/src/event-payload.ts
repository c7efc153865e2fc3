import { isLifeguardError } from '@lifeguard/core';
import { describeFailure } from '@lifeguard/core/adapter';
import type {
  LeakReport,
  LeaseRevokedError,
  OverloadedError,
  PoolEvents,
  ReturnedLate,
} from '@lifeguard/core';
import { printable } from '@lifeguard/core/adapter';
import type { AdminEventName } from './admin-pool.ts';

/**
 * What is told of an event. Put together field by field: with some events comes the connection itself, and with that its
 * password; with errors come causes that hold rows.
 */
export function eventPayload(event: AdminEventName, payload: unknown): object {
  const told = payload as never;
  switch (event) {
    case 'leak':
      return leak(told);
    case 'returned-late':
      return returnedLate(told);
    case 'timeout':
    case 'deadlock':
      return failure((told as PoolEvents<unknown>['timeout']).error);
    case 'shed':
      return shed((told as PoolEvents<unknown>['shed']).error);
    case 'revoke':
      return revoked((told as PoolEvents<unknown>['revoke']).error);
    case 'lost':
      return { entryId: (told as PoolEvents<unknown>['lost']).entryId };
    case 'stall':
      return { lateMs: (told as PoolEvents<unknown>['stall']).lateMs };
    case 'connect-failed':
      return connectFailed(told);
    default:
      return event satisfies never;
  }
}

function leak(report: LeakReport): object {
  const { id, code, at, evidence, thresholdMs, usual, lease, used, max, pending } = report;
  return { id, code, at, evidence, thresholdMs, usual, lease, used, max, pending };
}

function returnedLate({ reportId, leaseId, heldMs, revoked: reason }: ReturnedLate): object {
  return { reportId, leaseId, heldMs, revoked: reason };
}

function failure(error: unknown): { code: string | undefined; summary: string } {
  if (!isLifeguardError(error)) return { code: undefined, summary: describeFailure(error) };
  return { code: error.code, summary: printable(error.summary, 1_000) };
}

function shed(error: OverloadedError): object {
  const { reason, waitedMs, retryAfterMs } = error;
  return { ...failure(error), reason, waitedMs, retryAfterMs };
}

function revoked(error: LeaseRevokedError): object {
  const { reason, revokedAt, lease } = error;
  return { ...failure(error), reason, revokedAt, lease };
}

function connectFailed({ error, attempts }: PoolEvents<unknown>['connect-failed']): object {
  return { attempts, summary: describeFailure(error) };
}
