import type { Panel } from './panel.ts';
import { LEGEND, LEGEND_EACH, MAX, POOL, USED, of, rate, sum } from './queries.ts';

/** The connections there are. */
export const CONNECTIONS: readonly Panel[] = [
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

/** What comes and goes. */
export const CONNECTING: readonly Panel[] = [
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
