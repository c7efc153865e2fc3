import {
  LEGEND,
  LEGEND_EACH,
  MAX,
  PENDING,
  POOL,
  USED,
  of,
  ofProcess,
  quantile,
  rate,
  sum,
} from './queries.ts';

/** One line, or group of lines, of a panel. */
export interface Target {
  readonly query: string;
  /** @default what Grafana makes of the labels */
  readonly legend?: string;
}

/** What is shown in one place. */
export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly kind: 'stat' | 'lines' | 'stacked' | 'heatmap';
  /** As Grafana names it. */
  readonly unit: 'short' | 'percentunit' | 's' | 'ops' | 'cps';
  /** Of 24. */
  readonly width: number;
  readonly targets: readonly Target[];
  /** From which value on it is orange, and red. */
  readonly thresholds?: readonly [number, number];
  readonly max?: number;
  readonly hasExemplars?: true;
}

/** Panels below a heading. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const SATURATED = `(${PENDING} > 0 and ignoring (db_client_connection_state) (${USED} >= ignoring (db_client_connection_state) ${MAX}))`;

const OVERVIEW: readonly Panel[] = [
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

const CONNECTIONS: readonly Panel[] = [
  {
    title: 'Connections by state',
    description:
      'Of all pools together. What is connecting, resetting or closing is on its way and serves nobody; what is lost may live on at the server.',
    kind: 'stacked',
    unit: 'short',
    width: 12,
    targets: [{ query: sum(of('lifeguard_connections'), 'state'), legend: '{{state}}' }],
  },
  {
    title: 'In use, of what each pool may have',
    description: 'By pool and process. Callers wait when it is at 100 %.',
    kind: 'lines',
    unit: 'percentunit',
    width: 12,
    max: 1,
    targets: [{ query: `${USED} / ignoring (db_client_connection_state) ${MAX}`, legend: LEGEND_EACH }],
  },
  {
    title: 'Size',
    description:
      'By pool: what it may have, what it has, and how much of that is overflow, which is closed again.',
    kind: 'lines',
    unit: 'short',
    width: 12,
    targets: [
      { query: sum(MAX, POOL), legend: `${LEGEND} at most` },
      { query: sum(of('lifeguard_connections', 'state!="lost"'), POOL), legend: `${LEGEND} there are` },
      { query: sum(of('lifeguard_connection_overflow'), POOL), legend: `${LEGEND} overflow` },
    ],
  },
  {
    title: 'Open for callers',
    description: 'Processes whose pool is open, suspended, or closing.',
    kind: 'lines',
    unit: 'short',
    width: 12,
    targets: [{ query: sum(of('lifeguard_pool_state'), POOL, 'state'), legend: `${LEGEND} {{state}}` }],
  },
];

const CALLERS: readonly Panel[] = [
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

const DURATIONS: readonly Panel[] = [
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
      hasExemplars: true,
      targets: [
        { query: quantile(0.5, metric), legend: `${LEGEND} p50` },
        { query: quantile(0.95, metric), legend: `${LEGEND} p95` },
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

const LEAKS: readonly Panel[] = [
  {
    title: 'Suspected of being leaked',
    description: 'By pool and process, of the 100 connections that are held longest.',
    kind: 'lines',
    unit: 'short',
    width: 8,
    targets: [{ query: of('lifeguard_leak_suspected'), legend: LEGEND_EACH }],
  },
  {
    title: 'Leaks, and what became of them',
    description: 'In a second: reported, given back late after all, and taken back by the pool.',
    kind: 'lines',
    unit: 'cps',
    width: 8,
    targets: [
      { query: sum(rate(of('lifeguard_leaks_total')), POOL), legend: `${LEGEND} reported` },
      {
        query: sum(rate(of('lifeguard_leak_returned_late_total')), POOL),
        legend: `${LEGEND} given back late`,
      },
      { query: sum(rate(of('lifeguard_lease_reclaimed_total')), POOL), legend: `${LEGEND} reclaimed` },
    ],
  },
  {
    title: 'Ended by a limit',
    description:
      'In a second: sessions that were ended, connections taken back for whatever reason, requests to cancel a statement, and calls by code that held a connection already.',
    kind: 'lines',
    unit: 'cps',
    width: 8,
    targets: [
      { query: sum(rate(of('lifeguard_session_timeouts_total')), POOL), legend: `${LEGEND} sessions` },
      { query: sum(rate(of('lifeguard_lease_revoked_total')), POOL), legend: `${LEGEND} revoked` },
      { query: sum(rate(of('lifeguard_cancels_total')), POOL), legend: `${LEGEND} cancels` },
      { query: sum(rate(of('lifeguard_acquire_nested_total')), POOL), legend: `${LEGEND} nested` },
    ],
  },
];

const CONNECTING: readonly Panel[] = [
  {
    title: 'Attempts to connect',
    description: 'In a second, by how they ended.',
    kind: 'stacked',
    unit: 'ops',
    width: 8,
    targets: [{ query: sum(rate(of('lifeguard_connects_total')), 'outcome'), legend: '{{outcome}}' }],
  },
  {
    title: 'Connections that leave',
    description: 'In a second: closed for whatever reason, and those among the idle that did not answer.',
    kind: 'lines',
    unit: 'cps',
    width: 8,
    targets: [
      { query: sum(rate(of('lifeguard_connection_closed_total')), POOL), legend: `${LEGEND} closed` },
      { query: sum(rate(of('lifeguard_ping_failures_total')), POOL), legend: `${LEGEND} no answer` },
    ],
  },
  {
    title: 'Lost',
    description: 'Connections that could not be closed, and may live on at the server, by pool and process.',
    kind: 'lines',
    unit: 'short',
    width: 8,
    targets: [{ query: of('lifeguard_connections', 'state="lost"'), legend: LEGEND_EACH }],
  },
];

const PROCESS: readonly Panel[] = [
  {
    title: 'Event loop blocked',
    description:
      'Which part of the time it was seen blocked for 200 ms or longer. All pools of the process suffer from it.',
    kind: 'lines',
    unit: 'percentunit',
    width: 12,
    targets: [
      { query: rate(ofProcess('lifeguard_loop_blocked_time_seconds_total')), legend: '{{instance}}' },
    ],
  },
  {
    title: 'Longest stall',
    description: 'The longest time for which it was seen blocked since the process was started.',
    kind: 'lines',
    unit: 's',
    width: 12,
    targets: [{ query: ofProcess('lifeguard_loop_longest_stall_seconds'), legend: '{{instance}}' }],
  },
];

const FLEET: readonly Panel[] = [
  {
    title: 'All instances together',
    description:
      'What they may open, what they want ready, and what they use. Compare the first with max_connections of the server; instances and pools that are not chosen count as well there.',
    kind: 'lines',
    unit: 'short',
    width: 12,
    targets: [
      { query: sum(MAX, 'job'), legend: '{{job}} may open' },
      { query: sum(of('db_client_connection_idle_max'), 'job'), legend: '{{job}} keep' },
      { query: sum(of('db_client_connection_idle_min'), 'job'), legend: '{{job}} hold ready' },
      { query: sum(USED, 'job'), legend: '{{job}} use' },
    ],
  },
  {
    title: 'Instances',
    description: 'Processes that have the pool.',
    kind: 'lines',
    unit: 'short',
    width: 12,
    targets: [{ query: `count by (job, ${POOL}) (${MAX})`, legend: `{{job}} ${LEGEND}` }],
  },
];

/** What the dashboard shows, from the top. */
export const ROWS: readonly Row[] = [
  { title: 'Is anything wrong?', panels: OVERVIEW },
  { title: 'Connections', panels: CONNECTIONS },
  { title: 'Callers', panels: CALLERS },
  { title: 'How long it takes', panels: DURATIONS },
  { title: 'Leaks and limits', panels: LEAKS },
  { title: 'Connecting', panels: CONNECTING },
  { title: 'The process', panels: PROCESS },
  { title: 'The fleet', panels: FLEET },
];
