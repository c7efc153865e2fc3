import type { Recommendation } from '../recommendation.ts';
import { NOTHING, roomFor } from '../situation.ts';
import type { Situation } from '../situation.ts';

/** Fewer waits for locks are everyday life. */
const SEVERAL = 2;

/** Several pools of one process go to the same server. */
export function poolsShareServer({ pool, siblings, server }: Situation): readonly Recommendation[] {
  if (siblings.length === 0) return NOTHING;
  const all = siblings.reduce((sum, { max }) => sum + max, pool.max);
  const room = server === undefined ? Infinity : roomFor(server);
  return [
    {
      rule: 'pools-share-server',
      severity: all > room ? 'warning' : 'info',
      summary: `${siblings.length + 1} pools of this process go to the same database as the same user`,
      evidence: [
        `${[pool, ...siblings].map(({ name, max }) => `"${name}" up to ${max}`).join(', ')}: ${all} connections together`,
        ...(server === undefined ? [] : [`the server has room for ${room}`]),
      ],
      change: 'make one pool and share it, unless they are kept apart on purpose (then size them together)',
      risk: 'one pool has one queue: what was kept apart waits for each other; use priority or tenant',
    },
  ];
}

/** All instances together may want more than the server has. */
export function fleetOverCommit({ pool, server }: Situation): readonly Recommendation[] {
  if (server === undefined) return NOTHING;
  const usable = server.maxConnections - server.reserved;
  const wanted = server.instances * pool.max;
  if (wanted <= usable) return NOTHING;
  const others = server.backends - server.ours;
  const each = Math.max(1, Math.floor(usable / server.instances));
  return [
    {
      rule: 'fleet-over-commit',
      severity: 'warning',
      summary: `${server.instances} instances of up to ${pool.max} connections want ${wanted}, the server has ${usable}`,
      evidence: [
        `max_connections is ${server.maxConnections}, ${server.reserved} of them reserved`,
        `${server.instances} processes with this application name are connected, taken to be of one size; ${others} backends are not this pool's`,
      ],
      change: `size + maxOverflow of at most ${each} for each instance, less what deployments start besides (sizePerInstance()), or a pooler in front`,
      risk: 'a smaller pool lets callers wait in the application, where the queue is fair and has deadlines, and not fail with 53300',
    },
  ];
}

/** Backends whose process is dead still hold what they held. */
export function orphanedBackends({ server }: Situation): readonly Recommendation[] {
  if (server === undefined || server.orphans === 0) return NOTHING;
  return [
    {
      rule: 'orphaned-backends',
      severity: 'warning',
      summary: `${server.orphans} backends belong to processes that do not run any more`,
      evidence: ['their application_name bears the tag of a process that this machine does not have'],
      change: 'terminateOrphans(), and connectionCheckMs so that the server notices by itself',
      risk: 'what such a backend still runs is rolled back',
    },
  ];
}

/** Connections of this pool wait for locks. */
export function lockWaits({ server }: Situation): readonly Recommendation[] {
  if (server === undefined || server.blocked < SEVERAL || server.blocked * 4 < server.ours) return NOTHING;
  return [
    {
      rule: 'lock-waits',
      severity: 'warning',
      summary: `${server.blocked} of this pool's ${server.ours} backends wait for a lock`,
      evidence: ['the server view says for whom, and what that backend does'],
      change:
        'end the transaction that holds the lock, or make it shorter; lock rows in one order everywhere',
      risk: 'whoever is ended has to do its work again',
    },
  ];
}
