import type { Panel } from './panel.ts';
import { LEGEND, LEGEND_EACH, POOL, of, rate, sum } from './queries.ts';

/** What is not given back, and what is ended. */
export const LEAKS: readonly Panel[] = [
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
