import { runSession } from '@lifeguard/core';
import type { LifeguardPool } from '../lifeguard-pool.ts';
import { checkLimit } from './check-limit.ts';
import { readPooler, withPooler } from './pooler-view.ts';
import { readServerView } from './read-server-view.ts';
import type { ServerView } from './server-view.ts';

/** How the server of a pool is looked at. */
export interface ServerViewOptions {
  /** The console of a PgBouncer, such as `postgres://stats@pgbouncer:6432/pgbouncer`. Its password is never shown. */
  readonly adminUrl?: string | undefined;
  /**
   * Milliseconds until it is given up.
   * @default 5000: a busy server answers within one, and who waits longer is told that it does not
   */
  readonly timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 5_000;
/** In place of `acquireTimeoutMs`: a pool without a connection is no news to who looks, and says so by itself. */
const ACQUIRE_TIMEOUT_MS = 2_000;

/**
 * Looks at the server through one connection of the pool, taken with priority `high`, for a few short statements. Counts
 * as ours are connections with this pool's `application_name`; two pools of one process that share a name are seen as one.
 *
 * Rejects as `lease()` does when there is no connection within 2 s, and with `LG_SESSION_TIMEOUT` after `timeoutMs`. Missing
 * privileges do not reject: `missing` names what they hide.
 *
 * @example
 * const { blocking, missing } = await serverView(pool);
 */
export async function serverView(pool: LifeguardPool, options: ServerViewOptions = {}): Promise<ServerView> {
  const { adminUrl, timeoutMs = TIMEOUT_MS } = options;
  checkLimit('timeoutMs', timeoutMs);
  const pooler = adminUrl === undefined ? Promise.resolve(undefined) : readPooler(adminUrl);
  try {
    return withPooler(await viewThrough(pool, timeoutMs), await pooler);
  } finally {
    // Bounded, and never rejects: its connection must not outlive this call.
    await pooler;
  }
}

function viewThrough(pool: LifeguardPool, timeoutMs: number): Promise<ServerView> {
  const acquire = {
    priority: 'high',
    timeoutMs: Math.min(ACQUIRE_TIMEOUT_MS, timeoutMs),
    label: 'server view',
  } as const;
  return runSession({ name: 'server view', timeoutMs }, () =>
    pool.use((lease) => {
      const leases = pool
        .snapshot()
        .leases.flatMap(({ backendPid, id }) =>
          backendPid === undefined ? [] : [[backendPid, id] as const],
        );
      return readServerView((sql, values) => lease.query(sql, values), {
        leases: new Map(leases),
        processId: lease.processID,
        behindPooler: pool.behindPooler,
      });
    }, acquire),
  );
}
