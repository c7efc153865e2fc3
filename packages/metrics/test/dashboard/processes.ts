import type { Panel } from './panel.ts';
import { LEGEND, MAX, POOL, USED, of, ofProcess, rate, sum } from './queries.ts';

/** The process that the pools are in. */
export const PROCESS: readonly Panel[] = [
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

/** All processes together. */
export const FLEET: readonly Panel[] = [
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
