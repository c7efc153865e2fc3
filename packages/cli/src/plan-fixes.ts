import type { AdminAction } from '@lifeguard/admin';
import type { PoolState } from './pool-state.ts';

/** One thing that can be done at once, without a change of the code. */
export interface Fix {
  readonly pool: string;
  readonly action: Extract<AdminAction, 'resume' | 'reclaim' | 'evict'>;
  readonly why: string;
  /** What it does, and what that may cost. */
  readonly effect: string;
}

/** What can be done about what is wrong, in the order in which it should be. Empty where nothing can. */
export function planFixes(pools: readonly PoolState[]): readonly Fix[] {
  return pools.flatMap((pool) => [...resume(pool), ...reclaim(pool), ...evict(pool)]);
}

function resume({ snapshot }: PoolState): Fix[] {
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

function reclaim({ snapshot }: PoolState): Fix[] {
  const suspected = snapshot.leases.filter((lease) => lease.suspected).length;
  if (suspected === 0) return [];
  return [
    {
      pool: snapshot.name,
      action: 'reclaim',
      why: `${suspected} of ${snapshot.used} connections in use are suspected of being leaked`,
      effect: 'closes these; a holder that goes on after all gets LG_LEASE_REVOKED',
    },
  ];
}

function evict({ snapshot, diagnosis }: PoolState): Fix[] {
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
