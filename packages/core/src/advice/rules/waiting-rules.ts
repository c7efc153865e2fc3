import { formatDuration } from '../../error-report.ts';
import type { Recommendation } from '../recommendation.ts';
import { NOTHING } from '../situation.ts';
import type { Situation } from '../situation.ts';

/** The part of the acquire timeout that is near to it. */
const NEAR = 0.5;
const BLOCKED_SHARE = 0.02;
const LONG_STALL_MS = 1_000;

/** All connections are in use, and somebody waits. */
export function saturated({ pool }: Situation): readonly Recommendation[] {
  if (pool.pending === 0 || pool.used < pool.max) return NOTHING;
  const suspected = pool.leases.filter((lease) => lease.suspected).length;
  return [
    {
      rule: 'saturated',
      severity: 'critical',
      summary: `all ${pool.max} connections are in use and ${pool.pending} callers wait`,
      evidence: [
        `the first of them has waited for ${formatDuration(pool.oldestWaitMs)}`,
        `${suspected} of ${pool.used} leases are suspected of being leaked`,
      ],
      change:
        suspected > 0
          ? 'deal with the leaks first: every place that leaks takes what the others wait for'
          : 'see who holds longest; if all of them work, it is load',
      risk: 'none: this is what is so now',
    },
  ];
}

/** Callers wait for half of what they may, or have waited in vain. */
export function waitNearTimeout({ pool, window }: Situation): readonly Recommendation[] {
  const limitMs = pool.options.acquireTimeoutMs;
  if (limitMs === null) return NOTHING;
  const longestMs = Math.max(pool.oldestWaitMs, window?.longestWaitMs ?? 0);
  const timeouts = window?.timeouts ?? 0;
  if (timeouts === 0 && longestMs < limitMs * NEAR) return NOTHING;
  return [
    {
      rule: 'wait-near-timeout',
      severity: timeouts > 0 ? 'critical' : 'warning',
      summary:
        timeouts > 0
          ? `${timeouts} callers got no connection within ${formatDuration(limitMs)}`
          : `callers wait for up to ${formatDuration(longestMs)} of the ${formatDuration(limitMs)} that they may`,
      evidence: [
        `the longest wait was ${formatDuration(longestMs)}`,
        `95 % of all acquires since the start took less than ${formatDuration(pool.waitTime.p95Ms)}`,
      ],
      change: 'look for what holds the connections; a longer acquireTimeoutMs only lets more callers wait',
      risk: 'a shorter acquireTimeoutMs turns callers away sooner, who may try again at once',
    },
  ];
}

/** While the loop is blocked nobody gives anything back, whatever the size of the pool. */
export function loopBlocked({ pool, window }: Situation): readonly Recommendation[] {
  const share = window?.blockedShare ?? 0;
  const isLong = window === undefined && pool.longestStallMs >= LONG_STALL_MS;
  if (share < BLOCKED_SHARE && !isLong) return NOTHING;
  return [
    {
      rule: 'loop-blocked',
      severity: 'warning',
      summary: `the event loop was blocked ${window === undefined ? `for ${formatDuration(pool.longestStallMs)}` : `for ${(share * 100).toFixed(1)} % of the time`}`,
      evidence: [`the longest time in one piece was ${formatDuration(pool.longestStallMs)}`],
      change:
        'find what computes for long (node --cpu-prof), and move it to a worker thread or break it up; timeouts and slow queries in this time are its doing',
      risk: 'none',
    },
  ];
}
