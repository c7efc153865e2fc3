import { formatCallSite } from '../../call-site.ts';
import { formatDuration, formatShare } from '../../error-report.ts';
import { groupHolders } from '../../holders.ts';
import type { SiteView } from '../../site-stats.ts';
import type { HolderView, LeaseView } from '../../snapshot.ts';
import type { Recommendation } from '../recommendation.ts';
import { NOTHING } from '../situation.ts';
import type { Situation } from '../situation.ts';

/** Places named by one rule at a time. */
const MAX_PLACES = 3;
/** Who waits on account of a place, less is not worth a word. Milliseconds. */
const WAITS_CAUSED_MS = 1_000;
const MOST_OF_THE_WAITS = 0.5;
const FEWEST_LEASES = 10;
const IDLE_IN_TRANSACTION_MS = 1_000;

/** One place makes the others wait. */
export function slowSite({ pool }: Situation): readonly Recommendation[] {
  const causedMs = pool.sites.reduce((sum, site) => sum + site.waitsCausedMs, 0);
  const [worst] = pool.sites;
  if (worst === undefined || worst.leases < FEWEST_LEASES) return NOTHING;
  if (worst.waitsCausedMs < WAITS_CAUSED_MS || worst.waitsCausedMs < causedMs * MOST_OF_THE_WAITS)
    return NOTHING;
  return [
    {
      rule: 'slow-site',
      severity: 'warning',
      summary: `${placeOf(worst)} causes ${formatShare(worst.waitsCausedMs / causedMs)} of all waiting`,
      evidence: [
        `others waited ${formatDuration(worst.waitsCausedMs)} in all while it held`,
        `it holds for ${formatDuration(worst.holdTime.p50Ms)}, in one of twenty cases for ${formatDuration(worst.holdTime.p95Ms)} or longer`,
        `${formatShare(worst.idleShare)} of that time no query ran`,
      ],
      change:
        worst.idleShare >= MOST_OF_THE_WAITS
          ? 'acquire later or release earlier there: most of the time it holds a connection that it does not use'
          : 'make its queries faster, or run them where fewer can be under way at the same time',
      risk: 'none to the others; they wait less',
    },
  ];
}

/** Connections whose transaction is open while no query runs: they hold locks, and keep the server from cleaning up. */
export function idleInTransaction({ pool }: Situation): readonly Recommendation[] {
  const idle = pool.leases.filter(
    (lease) => isOpen(lease) && !lease.suspected && (lease.idleMs ?? 0) >= IDLE_IN_TRANSACTION_MS,
  );
  const [longest] = idle;
  if (longest === undefined) return NOTHING;
  return [
    {
      rule: 'idle-in-transaction',
      severity: 'warning',
      summary: `${idle.length} of ${pool.used} connections are idle in a transaction`,
      evidence: groupHolders(idle)
        .slice(0, MAX_PLACES)
        .map(
          (holder) =>
            `${holder.count}× ${placeOf(holder)}, held for up to ${formatDuration(holder.maxHeldMs)}`,
        ),
      change:
        'move what is not SQL (requests to other services, computing) out of the transaction, or give it a deadline with managedTransaction()',
      risk: 'what is moved out is no longer undone by a rollback',
    },
  ];
}

function isOpen({ transaction, queryRunning }: LeaseView): boolean {
  return !queryRunning && (transaction === 'open' || transaction === 'failed');
}

/** Places that are suspected of keeping connections now. */
export function leakingSites({ pool }: Situation): readonly Recommendation[] {
  const holders = groupHolders(pool.leases.filter((lease) => lease.suspected));
  const all = holders.reduce((sum, { count }) => sum + count, 0);
  return holders.slice(0, MAX_PLACES).map((holder) => ({
    rule: 'leaking-site',
    severity: all * 2 >= pool.max ? 'critical' : 'warning',
    summary: `${placeOf(holder)} keeps ${holder.count} of ${pool.max} connections, for up to ${formatDuration(holder.maxHeldMs)}`,
    evidence: [
      `${holder.state}, since ${formatDuration(holder.minHeldMs)} and longer`,
      ...pool.sites.filter((site) => placeOf(site) === placeOf(holder)).map(habitsOf),
    ],
    ...(pool.watchedOnly ? releaseIn(placeOf(holder)) : manageIn(placeOf(holder))),
  }));
}

type Step = Pick<Recommendation, 'change' | 'risk'>;

function manageIn(place: string): Step {
  return {
    change: `wrap ${place} in managedTransaction(), or release in "finally"; reclaim: 'under-pressure' takes them back until then`,
    risk: 'what is taken back is closed: a holder that goes on after all gets LG_LEASE_REVOKED',
  };
}

function releaseIn(place: string): Step {
  return {
    change: `release in "finally" in ${place}; a LifeguardPool in place of this pool could take them back until then`,
    risk: 'none',
  };
}

function habitsOf({ leases, holdTime, leaks }: SiteView): string {
  if (leases === 0) return `${leaks} leaks reported of this place, from which no lease has come back yet`;
  return `${leaks} leaks reported of this place, beside ${leases} leases that came back, 99 % of them within ${formatDuration(holdTime.p99Ms)}`;
}

/** Code that holds a connection asks for another one: enough of it at the same time, and all wait for each other. */
export function selfDeadlock({ pool, window }: Situation): readonly Recommendation[] {
  const nested = window?.nested ?? pool.counters.nested;
  const deadlocks = window?.deadlocks ?? pool.counters.deadlocks;
  if (nested === 0 && deadlocks === 0) return NOTHING;
  return [
    {
      rule: 'self-deadlock',
      severity: deadlocks > 0 ? 'critical' : 'warning',
      summary:
        deadlocks > 0
          ? `${deadlocks} callers waited for connections that only they themselves could have given back`
          : `${nested} acquires came from code that held a connection of this pool already`,
      evidence: [`${pool.max} such callers at the same time take all connections, and none can go on`],
      change:
        'pass the connection (or the transaction) down instead of acquiring inside; nestedAcquire: "error" finds every place',
      risk: 'a larger pool only makes it rarer',
    },
  ];
}

function placeOf({ site, label }: Pick<HolderView, 'site' | 'label'>): string {
  return label ?? formatCallSite(site);
}
