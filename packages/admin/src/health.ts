import type { PoolSnapshot } from '@lifeguard/core';

/** `healthy`: nothing to see. `degraded`: callers are served, or will be, but look. `unavailable`: nobody can be served. */
export type HealthStatus = 'healthy' | 'degraded' | 'unavailable';

/** How one pool is, by its snapshot alone: no connection is asked for. */
export interface PoolHealthView {
  readonly name: string;
  readonly status: HealthStatus;
  readonly state: PoolSnapshot['state'];
  /** Why it is not healthy; one reason each. */
  readonly reasons: readonly string[];
  readonly used: number;
  readonly idle: number;
  readonly pending: number;
  readonly max: number;
  /** Share of `max` that is in use, from 0 to 1. */
  readonly usage: number;
  readonly suspectedLeaks: number;
}

/** How all pools are: as bad as the worst of them. */
export interface HealthView {
  readonly status: HealthStatus;
  readonly pools: readonly PoolHealthView[];
}

/** What the snapshots say; without pools there is nothing that could be ill. */
export function healthOf(snapshots: readonly PoolSnapshot[]): HealthView {
  const pools = snapshots.map(poolHealthOf);
  const worst = (['unavailable', 'degraded'] as const).find((status) =>
    pools.some((pool) => pool.status === status),
  );
  return { status: worst ?? 'healthy', pools };
}

function poolHealthOf(snapshot: PoolSnapshot): PoolHealthView {
  const { name, state, used, idle, pending, max } = snapshot;
  const fatal = fatalReasons(snapshot);
  const reasons = [...fatal, ...mildReasons(snapshot)];
  return {
    name,
    status: fatal.length > 0 ? 'unavailable' : reasons.length > 0 ? 'degraded' : 'healthy',
    state,
    reasons,
    used,
    idle,
    pending,
    max,
    usage: max > 0 && Number.isFinite(max) ? used / max : 0,
    suspectedLeaks: suspected(snapshot),
  };
}

function fatalReasons({ state, used, idle, resetting, lastConnectError }: PoolSnapshot): string[] {
  if (state === 'closing' || state === 'closed') return [`the pool is ${state}`];
  if (lastConnectError !== undefined && used + idle + resetting === 0)
    return [`there is no connection, and connecting fails: ${lastConnectError}`];
  return [];
}

function mildReasons(snapshot: PoolSnapshot): string[] {
  const { state, used, max, pending, lost } = snapshot;
  const leaks = suspected(snapshot);
  const reasons: string[] = [];
  if (state === 'suspended') reasons.push('the pool is suspended: callers wait');
  if (state === 'open' && snapshot.lastConnectError !== undefined && used + snapshot.idle > 0)
    reasons.push(`connecting fails: ${snapshot.lastConnectError}`);
  if (pending > 0 && used >= max) reasons.push(`all ${max} connections are in use, ${pending} callers wait`);
  if (leaks > 0) reasons.push(`${leaks} of ${used} connections in use are suspected of being leaked`);
  if (lost > 0) reasons.push(`${lost} backends may live on without a connection`);
  return reasons;
}

function suspected({ leases }: PoolSnapshot): number {
  return leases.filter((lease) => lease.suspected).length;
}
