import type { PoolSnapshot } from '../snapshot.ts';

/** A pool that runs in this process. */
export interface LivePool {
  readonly name: string;
  snapshot(): PoolSnapshot;
}

/** Under a global symbol: two copies of this package see the pools of both. */
const KEY = Symbol.for('@lifeguard/pools');
const shared = globalThis as { [KEY]?: Set<WeakRef<LivePool>> };
const pools = (shared[KEY] ??= new Set());

/** Makes a pool known in this process; call what it returns when the pool is closed. One that is dropped is forgotten. */
export function announcePool(pool: LivePool): () => void {
  const reference = new WeakRef(pool);
  pools.add(reference);
  return () => void pools.delete(reference);
}

/** All pools that have been made in this process and not been closed. */
export function livePools(): LivePool[] {
  const live: LivePool[] = [];
  for (const reference of pools) {
    const pool = reference.deref();
    if (pool === undefined) pools.delete(reference);
    else live.push(pool);
  }
  return live;
}
