import type { Panel } from './panel.ts';
import { LEGEND, LEGEND_EACH, PENDING, POOL, of, quantile, rate, sum } from './queries.ts';

/** Those who want one. */
export const CALLERS: readonly Panel[] = [
  {
    title: 'Calls for a connection, by how they ended',
    description:
      'Calls in a second. All but those that were served have failed: out of time, aborted by their caller, turned away early, in a deadlock, or refused.',
    kind: 'stacked',
    unit: 'ops',
    width: 12,
    targets: [{ query: sum(rate(of('lifeguard_acquires_total')), 'outcome'), legend: '{{outcome}}' }],
  },
  {
    title: 'Callers that wait',
    description:
      'By pool and process, at the moment of each scrape. What happens between two of them is seen in the times below.',
    kind: 'lines',
    unit: 'short',
    width: 6,
    targets: [{ query: PENDING, legend: LEGEND_EACH }],
  },
  {
    title: 'Turned away',
    description:
      'Callers in a second whose time was up, and those that were turned away because of a deadlock.',
    kind: 'lines',
    unit: 'cps',
    width: 6,
    targets: [
      { query: sum(rate(of('db_client_connection_timeouts_total')), POOL), legend: `${LEGEND} time was up` },
      { query: sum(rate(of('lifeguard_deadlocks_total')), POOL), legend: `${LEGEND} deadlock` },
    ],
  },
];

/** How long all of it takes. */
export const DURATIONS: readonly Panel[] = [
  ...[
    {
      title: 'Wait',
      description:
        'How long callers waited, and the time after which they are turned away unless they say so themselves.',
      metric: 'db_client_connection_wait_time_seconds',
      others: [
        {
          query: `min by (${POOL}) (${of('lifeguard_acquire_timeout_seconds')})`,
          legend: `${LEGEND} timeout`,
        },
      ],
    },
    {
      title: 'Use',
      description:
        'How long connections were held. Long holds make others wait; each of them is one connection for all that time.',
      metric: 'db_client_connection_use_time_seconds',
      others: [],
    },
    {
      title: 'Connect',
      description: 'How long it took to open a connection. Empty while none is opened.',
      metric: 'db_client_connection_create_time_seconds',
      others: [],
    },
  ].map(
    ({ title, description, metric, others }): Panel => ({
      title: `${title}: median, p95, p99`,
      description: `${description} Above 10 s it is shown as 10 s.`,
      kind: 'lines',
      unit: 's',
      width: 8,
      targets: [
        { query: quantile(0.5, metric), legend: `${LEGEND} p50` },
        { query: quantile(0.95, metric), legend: `${LEGEND} p95`, hasExemplars: true },
        { query: quantile(0.99, metric), legend: `${LEGEND} p99` },
        ...others,
      ],
    }),
  ),
  {
    title: 'Waits, by how long they were',
    description: 'The darker, the more callers waited for that long.',
    kind: 'heatmap',
    unit: 's',
    width: 12,
    targets: [
      { query: sum(rate(of('db_client_connection_wait_time_seconds_bucket')), 'le'), legend: '{{le}}' },
    ],
  },
  {
    title: 'Connections in use, on average',
    description:
      'By pool, from the time that connections were held (Little’s law): counted when they are given back, so it sees what gauges miss between two scrapes.',
    kind: 'lines',
    unit: 'short',
    width: 12,
    targets: [{ query: sum(rate(of('db_client_connection_use_time_seconds_sum')), POOL), legend: LEGEND }],
  },
];
