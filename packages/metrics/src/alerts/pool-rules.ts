import { formatDuration, formatShare, percentileBetween } from '@lifeguard/core/adapter';
import { limitsOf } from './alert-limits.ts';
import type { AlertLimits } from './alert-limits.ts';
import type { AlertRule, Measurement } from './alert-rule.ts';
import type { ObservationWindow } from './observation-window.ts';

/** Of fewer acquires, the 95th percentile is only the longest. */
const FEWEST_WAITS = 5;

const MINUTE = 60_000;

const saturated: AlertRule = {
  id: 'saturated',
  severity: 'critical',
  limits: limitsOf({ above: 0, forMs: MINUTE }),
  condition: ({ above }) => `all connections are in use and more than ${above} callers wait`,
  names: 'holders',
  fix: 'see who holds longest: deal with leaks first, and where all of them work, take work away or raise size',
  measure: ({ latest: { used, max, pending, oldestWaitMs, suspected } }) => ({
    value: used >= max ? pending : 0,
    summary: `${used} of ${max} connections are in use and ${pending} callers wait`,
    evidence: [
      `the first of them has waited for ${formatDuration(oldestWaitMs)}`,
      `${suspected} of ${used} leases are suspected of being leaked`,
    ],
  }),
};

const acquireTimeouts: AlertRule = {
  id: 'acquire-timeouts',
  severity: 'critical',
  limits: limitsOf({ above: 0, forMs: 0 }),
  condition: ({ above, windowMs }) =>
    `more than ${above} callers got no connection in time within ${formatDuration(windowMs)}`,
  names: 'holders',
  fix: 'look for what holds the connections; a longer acquireTimeoutMs only lets more callers wait',
  measure: (window, { windowMs }) => {
    const { earlier, later, lengthMs } = window.within(windowMs);
    const timeouts = later.counters.timeouts - earlier.counters.timeouts;
    const acquired = later.counters.acquired - earlier.counters.acquired;
    return {
      value: timeouts,
      summary: `${timeouts} callers got no connection in time in the last ${formatDuration(lengthMs)}`,
      evidence: [
        `each may wait for ${formatDuration(later.acquireTimeoutMs)}; ${acquired} got one meanwhile`,
        `${later.used} of ${later.max} connections are in use, ${later.pending} callers wait`,
      ],
    };
  },
};

const connectFailures: AlertRule = {
  id: 'connect-failures',
  severity: 'critical',
  limits: limitsOf({ above: 3, forMs: 0 }),
  condition: ({ above, windowMs }) =>
    `more than ${above} attempts to connect have failed within ${formatDuration(windowMs)}`,
  names: undefined,
  fix: 'see what the server says; the pool goes on trying by itself, with one attempt at a time',
  measure: (window, { windowMs }) => {
    const { earlier, later, lengthMs } = window.within(windowMs);
    const failures = later.counters.connectFailures - earlier.counters.connectFailures;
    const { lastConnectError } = later;
    return {
      value: failures,
      // While nobody asks for a connection, none is tried: that does not mean that it would work.
      isStuck: lastConnectError !== undefined,
      summary: `${failures} attempts to connect have failed in the last ${formatDuration(lengthMs)}`,
      evidence: [
        lastConnectError ?? 'the last attempt has succeeded',
        `${later.used + later.idle} connections are open, ${later.pending} callers wait`,
      ],
    };
  },
};

const usageHigh: AlertRule = {
  id: 'usage-high',
  severity: 'warning',
  limits: limitsOf({ above: 0.8, forMs: 2 * MINUTE }),
  condition: ({ above }) => `more than ${formatShare(above)} of all connections are in use`,
  names: 'holders',
  fix: 'see who holds longest; where all of them work, the pool is smaller than its load: lifeguard size says what it wants',
  measure: ({ latest: { used, max, idle, pending } }) => ({
    value: used / max,
    summary: `${used} of ${max} connections are in use (${formatShare(used / max)})`,
    evidence: [`${idle} are idle, ${pending} callers wait`],
  }),
};

const waitHigh: AlertRule = {
  id: 'wait-high',
  severity: 'warning',
  limits: limitsOf({ above: 0.5, forMs: 0 }),
  condition: ({ above, windowMs }) =>
    `within ${formatDuration(windowMs)}, one of twenty acquires waits for more than ${formatShare(above)} of acquireTimeoutMs`,
  names: 'holders',
  fix: 'look for what holds the connections before callers begin to time out',
  measure: measureWaits,
};

/** The pool's histogram is that of its whole life: what is judged is by how much it has grown. */
function measureWaits(window: ObservationWindow, { windowMs }: AlertLimits): Measurement {
  const { earlier, later, lengthMs } = window.within(windowMs);
  const waits = later.waits.count - earlier.waits.count;
  const p95Ms = waits < FEWEST_WAITS ? 0 : percentileBetween(earlier.waits, later.waits, 0.95);
  const mayMs = later.acquireTimeoutMs;
  const past = `in the last ${formatDuration(lengthMs)}`;
  return {
    value: p95Ms / mayMs,
    summary:
      waits < FEWEST_WAITS
        ? `${waits} acquires ${past}: too few to say how long one takes`
        : `one of twenty acquires took ${formatDuration(p95Ms)} or longer ${past}; the limit is ${formatDuration(mayMs)}`,
    evidence: [`${waits} acquires ended`, `${later.pending} callers wait now`],
  };
}

const leaks: AlertRule = {
  id: 'leaks',
  severity: 'warning',
  limits: limitsOf({ above: 5, forMs: 0 }),
  condition: ({ above }) => `more than ${above} leases are suspected of being leaked`,
  names: 'suspects',
  fix: 'release in "finally", or wrap the place in managedTransaction(); reclaim: \'under-pressure\' takes them back until then',
  measure: ({ latest: { suspected, used, max } }) => ({
    value: suspected,
    summary: `${suspected} of ${used} leases are suspected of being leaked`,
    evidence: [`the pool has ${max} connections at most`],
  }),
};

/** In the order of urgency. */
export const POOL_RULES: readonly AlertRule[] = Object.freeze([
  saturated,
  acquireTimeouts,
  connectFailures,
  usageHigh,
  waitHigh,
  leaks,
]);
