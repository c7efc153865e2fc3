import { logSafely, processWarningLogger } from '../logger.ts';
import type { DurationListener } from '../duration-feed.ts';
import { describeFailure } from '../error-report.ts';
import type { PoolGlance } from '../pool-glance.ts';
import type { PoolSnapshot } from '../snapshot.ts';

/** A pool that runs in this process. */
export interface LivePool {
  readonly name: string;
  snapshot(): PoolSnapshot;
  /** Tells of each duration that the snapshot counts; returns what ends it. */
  observeDurations?(listener: DurationListener): () => void;
  /** Another copy of this package may not have it. */
  glance?(): PoolGlance;
}

type PoolWatcher = (pool: LivePool) => void;

/** Under global symbols: two copies of this package see the pools of both. */
const POOLS = Symbol.for('@lifeguard/pools');
const WATCHERS = Symbol.for('@lifeguard/pool-watchers');
const shared = globalThis as { [POOLS]?: Set<WeakRef<LivePool>>; [WATCHERS]?: Set<PoolWatcher> };
const pools = (shared[POOLS] ??= new Set());
const watchers = (shared[WATCHERS] ??= new Set());

/** Makes a pool known in this process; call what it returns when the pool is closed. One that is dropped is forgotten. */
export function announcePool(pool: LivePool): () => void {
  const reference = new WeakRef(pool);
  pools.add(reference);
  for (const watcher of watchers) tell(watcher, pool);
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

/** Tells of each pool that is made from now on, before it has done anything; call what it returns to stop. */
export function watchLivePools(watcher: (pool: LivePool) => void): () => void {
  // A function of its own, so that one that was added twice can be removed once.
  const added: PoolWatcher = (pool) => watcher(pool);
  watchers.add(added);
  return () => void watchers.delete(added);
}

/** Whoever only watches must not keep a pool from being made. */
function tell(watcher: PoolWatcher, pool: LivePool): void {
  try {
    watcher(pool);
  } catch (error) {
    const message = `a watcher of pools failed: ${describeFailure(error)}`;
    logSafely(processWarningLogger, 'error', { code: 'LG_LISTENER_FAILED', event: 'pool' }, message);
  }
}
