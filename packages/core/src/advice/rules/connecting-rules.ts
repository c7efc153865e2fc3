import { formatDuration } from '../../error-report.ts';
import type { Recommendation } from '../recommendation.ts';
import { NOTHING } from '../situation.ts';
import type { Situation } from '../situation.ts';

const SEVERAL = 3;
/** One connect for so many acquires or fewer: a pool is there to have more. */
const ACQUIRES_PER_CONNECT = 20;
const SHORT_LIFETIME_MS = 60_000;
const FEW_USES = 100;

/** New connections cannot be opened. */
export function connectsFailing({ pool, window }: Situation): readonly Recommendation[] {
  if (pool.lastConnectError === undefined) return NOTHING;
  const live = pool.used + pool.idle + pool.resetting;
  return [
    {
      rule: 'connects-failing',
      severity: live === 0 ? 'critical' : 'warning',
      summary:
        live === 0 ? 'no connection can be opened, and there is none' : 'no further connection can be opened',
      evidence: [
        pool.lastConnectError,
        `${window?.connectFailures ?? pool.counters.connectFailures} attempts failed, ${pool.counters.connected} connections were opened since the start`,
      ],
      change: 'see what the server says; the pool goes on trying, with one attempt at a time',
      risk: 'none: retries of the application would only add to it',
    },
  ];
}

/** Connections are found dead when somebody is about to use them: something in between forgets them. */
export function staleConnections({ pool, window }: Situation): readonly Recommendation[] {
  const failures = window?.pingFailures ?? pool.counters.pingFailures;
  if (failures < SEVERAL) return NOTHING;
  return [
    {
      rule: 'stale-connections',
      severity: 'warning',
      summary: `${failures} idle connections turned out to be dead`,
      evidence: [
        `idleTimeoutMs is ${limit(pool.options.idleTimeoutMs)}, keepaliveMs ${limit(pool.options.keepaliveMs)}, maxLifetimeMs ${limit(pool.options.maxLifetimeMs)}`,
      ],
      change:
        'set keepaliveMs or idleTimeoutMs below the idle limit of what is in between (NAT, load balancer, firewall: often 5 minutes), and maxLifetimeMs below a failover of the server',
      risk: 'a keepalive is one small query for each idle connection and interval',
    },
  ];
}

/** Connections are thrown away sooner than they pay. */
export function lifetimeTooShort({ pool, window }: Situation): readonly Recommendation[] {
  const { maxLifetimeMs, maxUses } = pool.options;
  const isShort = (maxLifetimeMs ?? Infinity) < SHORT_LIFETIME_MS || (maxUses ?? Infinity) < FEW_USES;
  if (window === undefined || !isShort || window.connected * ACQUIRES_PER_CONNECT < window.acquired)
    return NOTHING;
  if (window.connected < SEVERAL) return NOTHING;
  return [
    {
      rule: 'lifetime-too-short',
      severity: 'warning',
      summary: `${window.connected} connections were opened for ${window.acquired} acquires`,
      evidence: [
        `maxLifetimeMs is ${limit(maxLifetimeMs)}, maxUses ${maxUses ?? 'no limit'}`,
        `opening one takes ${formatDuration(pool.createTime.meanMs)} on average`,
      ],
      change: 'raise maxLifetimeMs to minutes (30 by default), or maxUses to thousands',
      risk: 'memory that a backend has taken for a large query is given back later',
    },
  ];
}

function limit(ms: number | null): string {
  return ms === null ? 'no limit' : formatDuration(ms);
}
