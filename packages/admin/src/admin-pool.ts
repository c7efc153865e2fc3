import type { PoolDiagnostics, PoolSnapshot } from '@lifeguard/core';

/** What is told of a pool to whoever listens to `GET /v1/events`. */
export const ADMIN_EVENTS = [
  'leak',
  'returned-late',
  'timeout',
  'shed',
  'deadlock',
  'revoke',
  'lost',
  'stall',
  'connect-failed',
] as const;

/** One of {@link ADMIN_EVENTS}. */
export type AdminEventName = (typeof ADMIN_EVENTS)[number];

/** A size to change to; what is left out stays. */
export interface PoolResize {
  readonly size?: number;
  readonly maxOverflow?: number;
}

/** How many an action met; a pool that does not count says nothing. */
type Count = number | undefined;

/**
 * What is shown and acted upon: the part of a pool that is needed, by its shape. `LifeguardPool` and the core's `Pool` have
 * it, and what `watchPool` makes of a `pg.Pool` has what can be done there. A method that is left out makes its route answer 501.
 */
export interface AdminPool {
  readonly name: string;
  snapshot(): PoolSnapshot;
  /** Advice. Bounded in time; a promise that settles later is not waited for. */
  diagnostics?(): PoolDiagnostics | Promise<PoolDiagnostics>;
  /** Replaces all connections. */
  evict?(): unknown;
  /** Grants nothing until `resume`. */
  suspend?(): unknown;
  resume?(): unknown;
  /** Takes back what is suspected of being leaked; answers how many that were. */
  reclaim?(): Count | Promise<Count>;
  resize?(to: PoolResize): unknown;
  /** Ends backends of processes that do not run any more; answers how many those were. */
  terminateOrphans?(): Count | Promise<Count>;
  /** Adds a listener; may answer with what removes it. */
  on(event: AdminEventName, listener: (payload: unknown) => void): unknown;
  /** Removes it, where `on` has answered with something else. */
  off?(event: AdminEventName, listener: (payload: unknown) => void): unknown;
}

/** The pools to show; a function is asked at each request, so that it may know of pools that come and go. */
export type AdminPools = Iterable<AdminPool> | (() => Iterable<AdminPool>);

/** More pools of one process than that are not shown. */
const MAX_POOLS = 100;

/** The pools there are now. */
export function listPools(pools: AdminPools): readonly AdminPool[] {
  const found: AdminPool[] = [];
  for (const pool of typeof pools === 'function' ? pools() : pools) {
    if (found.length === MAX_POOLS) break;
    found.push(pool);
  }
  return found;
}
