import { TimeLimitError } from '../bounded.ts';
import { isLifeguardError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { PoolCounts } from '../snapshot.ts';

/**
 * `ready`: the server has answered. `degraded`: it may well, but this pool has no connection left to ask with, or hardly any;
 * requests are served, if late. `unreachable`: it has not answered. `draining`: the pool is being closed.
 */
export type ReadinessStatus = 'ready' | 'degraded' | 'unreachable' | 'draining';

/** Whether requests that need this pool can be served. */
export interface PoolReadiness {
  readonly pool: string;
  readonly status: ReadinessStatus;
  /** Why it is not `ready`; in words that may be shown to anybody: no address, no text of the server. */
  readonly reason: string | undefined;
  readonly used: number;
  readonly max: number;
  readonly pending: number;
}

/** A pool that can say whether it is ready: `Pool`, `LifeguardPool`. */
export interface CheckedPool {
  readonly name: string;
  /** Never rejects. Answers within `timeoutMs` milliseconds, or a moment later. */
  checkHealth(timeoutMs: number): Promise<PoolReadiness>;
}

/** What is used of the connections when a pool counts as nearly exhausted, from 0 to 1. */
const NEARLY_ALL = 0.9;

/** They say that the pool is busy, which says nothing of the server. */
const BUSY: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'LG_ACQUIRE_TIMEOUT',
  'LG_QUEUE_FULL',
  'LG_OVERLOADED',
  'LG_POOL_DEADLOCK',
  'LG_NESTED_ACQUIRE',
]);

/** The server has answered. */
export function readyOf(counts: PoolCounts): PoolReadiness {
  const isBusy = counts.pending > 0 || counts.used >= counts.max * NEARLY_ALL;
  return toReadiness(counts, isBusy ? 'degraded' : 'ready', isBusy ? busy(counts) : undefined);
}

/** It has not, for this reason. */
export function notReadyOf(counts: PoolCounts, error: unknown): PoolReadiness {
  const code = isLifeguardError(error) ? error.code : undefined;
  if (code === 'LG_POOL_CLOSED') return toReadiness(counts, 'draining', 'the pool is being closed');
  if (code !== undefined && BUSY.has(code))
    return toReadiness(counts, 'degraded', `${busy(counts)} (${code})`);
  return toReadiness(counts, 'unreachable', code ?? kindOf(error));
}

function toReadiness(
  { name, used, max, pending }: PoolCounts,
  status: ReadinessStatus,
  reason: string | undefined,
): PoolReadiness {
  return Object.freeze({ pool: name, status, reason, used, max, pending });
}

function busy({ used, max, pending }: PoolCounts): string {
  return `${used} of ${max} connections are in use, ${pending} callers wait`;
}

/** A driver's message may name the host, the user, the database; its code does not. */
function kindOf(error: unknown): string {
  if (error instanceof TimeLimitError) return 'no answer in time';
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code) ? code : 'the connection failed';
}
