import type { PoolHealth } from '@lifeguard/core';
import type { BlockedBackend, Orphan, ServerView } from '@lifeguard/pg';

/** Shorter waits for a lock are what locks are for. */
const LONG_WAIT_MS = 1_000;

/** A warning when somebody has waited long for a lock, or a dead process has left backends. */
export function healthOfServer({ blocking, orphans }: Pick<ServerView, 'blocking' | 'orphans'>): PoolHealth {
  return blocking.some(hasWaitedLong) || orphans.some(isLeftBehind) ? 'warning' : 'healthy';
}

/** Where the server does not say for how long, nobody knows that it was short. */
function hasWaitedLong({ waitedMs = Infinity }: BlockedBackend): boolean {
  return waitedMs > LONG_WAIT_MS;
}

function isLeftBehind({ verdict }: Orphan): boolean {
  return verdict === 'dead';
}
