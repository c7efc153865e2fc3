import type { AdminAction } from '@lifeguard/admin';
import type { Permissions } from './permissions.ts';
import type { PoolState } from './pool-state.ts';

/** One thing that can be done at once, without a change of the code. */
export interface Fix {
  readonly pool: string;
  readonly action: Extract<AdminAction, 'resume' | 'reclaim' | 'evict'>;
  readonly why: string;
  /** What it does, and what that may cost. */
  readonly effect: string;
  /** Whether the application allows it to somebody from outside. */
  readonly isAllowed: boolean;
}

type Remedy = Omit<Fix, 'isAllowed'>;

/** What can be done about what is wrong, in the order in which it should be. Empty where the pool can do nothing about it. */
export function planFixes(pools: readonly PoolState[], permissions: Permissions): readonly Fix[] {
  return pools
    .flatMap((pool) => [...resume(pool), ...reclaim(pool), ...evict(pool)])
    .map((remedy) => ({ remedy, permission: permissions(remedy.pool, remedy.action) }))
    .filter(({ permission }) => permission !== 'not-offered')
    .map(({ remedy, permission }) => ({ ...remedy, isAllowed: permission === 'allowed' }));
}

/** How the application is told to allow it. */
export function howToAllow(action: Fix['action']): string {
  return `serveAdmin({ pools, allow: ['${action}'] }) allows this; with @lifeguard/register, LIFEGUARD_ALLOW=${action}`;
}

function resume({ snapshot }: PoolState): Remedy[] {
  if (snapshot.state !== 'suspended') return [];
  return [
    {
      pool: snapshot.name,
      action: 'resume',
      why: `it is suspended, and ${snapshot.pending} callers wait`,
      effect: 'grants connections again; whoever suspended it may have had a reason',
    },
  ];
}

function reclaim({ snapshot }: PoolState): Remedy[] {
  const suspected = snapshot.leases.filter((lease) => lease.suspected).length;
  if (suspected === 0) return [];
  return [
    {
      pool: snapshot.name,
      action: 'reclaim',
      why: `${suspected} of ${snapshot.used} connections in use are suspected of being leaked`,
      effect: snapshot.watchedOnly
        ? 'closes these; a holder that goes on after all has no connection'
        : 'closes these; a holder that goes on after all gets LG_LEASE_REVOKED',
    },
  ];
}

function evict({ snapshot, diagnosis }: PoolState): Remedy[] {
  const stale = diagnosis?.recommendations.some(({ rule }) => rule === 'stale-connections') ?? false;
  if (!stale) return [];
  return [
    {
      pool: snapshot.name,
      action: 'evict',
      why: 'idle connections did not answer when they were to be used',
      effect: 'replaces all connections: idle ones now, leased ones when they come back',
    },
  ];
}
