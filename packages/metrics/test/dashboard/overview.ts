import type { Panel } from './panel.ts';
import { MAX, PENDING, POOL, USED, of, sum } from './queries.ts';

const SATURATED = `(${PENDING} > 0 and ignoring (db_client_connection_state) (${USED} >= ignoring (db_client_connection_state) ${MAX}))`;

/** Whether anything is wrong. */
export const OVERVIEW: readonly Panel[] = [
  {
    title: 'Pools in trouble',
    description:
      'Pools, each in its process, that cannot reach the database, are suspended, have leaks, or have callers who wait while all connections are in use.',
    kind: 'stat',
    unit: 'short',
    width: 4,
    targets: [
      {
        query: [
          `count(sum by (job, instance, ${POOL}) (${of('lifeguard_connect_failing')} == 1`,
          `or ${of('lifeguard_pool_state', 'state="suspended"')} == 1`,
          `or ${of('lifeguard_leak_suspected')} > 0`,
          `or ${SATURATED})) or vector(0)`,
        ].join(' '),
      },
    ],
    thresholds: [1, 2],
  },
  {
    title: 'In use',
    description: 'The fullest pool: connections in use, of those that it may have.',
    kind: 'stat',
    unit: 'percentunit',
    width: 4,
    targets: [{ query: `max(${USED} / ignoring (db_client_connection_state) ${MAX})` }],
    thresholds: [0.8, 1],
  },
  {
    title: 'Waiting',
    description: 'Callers that wait for a connection now.',
    kind: 'stat',
    unit: 'short',
    width: 4,
    targets: [{ query: sum(PENDING) }],
    thresholds: [1, 10],
  },
  {
    title: 'Oldest wait',
    description: 'How long the one who has waited for longest has waited until now.',
    kind: 'stat',
    unit: 's',
    width: 4,
    targets: [{ query: `max(${of('lifeguard_acquire_oldest_wait_seconds')})` }],
    thresholds: [1, 5],
  },
  {
    title: 'Suspected leaks',
    description: 'Connections that are suspected of being leaked now.',
    kind: 'stat',
    unit: 'short',
    width: 4,
    targets: [{ query: sum(of('lifeguard_leak_suspected')) }],
    thresholds: [1, 6],
  },
  {
    title: 'Unreachable',
    description: 'Pools, each in its process, whose last attempt to connect has failed.',
    kind: 'stat',
    unit: 'short',
    width: 4,
    targets: [{ query: sum(of('lifeguard_connect_failing')) }],
    thresholds: [1, 2],
  },
];
