import type { SiteView } from '@lifeguard/core';
import type { PoolState } from '../../pool-state.ts';
import { durationText, numberText } from '../../render/number-text.ts';
import { span } from '../line.ts';
import { shown } from '../text-width.ts';
import { inOrder, numeric, placeCell, placeOf, textual } from './table.ts';
import type { Order, Row, Table } from './table.ts';

/** How places in the code can be put in order. */
export const SITE_ORDERS: readonly Order<SiteView>[] = [
  { name: 'waits caused', value: ({ waitsCausedMs }) => waitsCausedMs },
  { name: 'leaks', value: ({ leaks }) => leaks },
  { name: 'hold time (p95)', value: ({ holdTime }) => holdTime.p95Ms },
  { name: 'number of leases', value: ({ leases }) => leases },
];

const COLUMNS = [
  numeric('BLOCKED', 0),
  numeric('LEAKS', 1),
  numeric('LEASES', 2),
  numeric('HELD AVG', 4),
  numeric('P95', 2),
  numeric('IDLE', 3),
  textual('PLACE', 0, 1),
];

/** The places in the code that made others wait, and those that leaked, since the pool was made. */
export function siteTable({ snapshot }: PoolState, order: number): Table {
  const [sites, orderedBy] = inOrder(snapshot.sites ?? [], SITE_ORDERS, order);
  return { columns: COLUMNS, rows: sites.map(rowOf), orderedBy, empty: 'no place in the code is known yet' };
}

function rowOf(site: SiteView): Row {
  const { fingerprint, waitsCausedMs, leaks, leases, holdTime, idleShare, adaptiveThresholdMs } = site;
  const idle = `${Math.round(idleShare * 100)}%`;
  return {
    key: `site ${shown(fingerprint)}`,
    cells: [
      span(durationText(waitsCausedMs), waitsCausedMs > 0 ? 'yellow' : undefined),
      span(numberText(leaks), leaks > 0 ? 'red' : undefined),
      span(numberText(leases)),
      span(durationText(holdTime.meanMs)),
      span(durationText(holdTime.p95Ms)),
      span(idle),
      placeCell(site),
    ],
    details: [
      ['place', placeOf(site)],
      ['fingerprint', shown(fingerprint)],
      ['blocked', `others waited for ${durationText(waitsCausedMs)} in all because of it`],
      ['leaks', numberText(leaks)],
      ['leases', `${numberText(leases)} that are over`],
      [
        'held',
        `${durationText(holdTime.meanMs)} on average, p95 ${durationText(holdTime.p95Ms)}, at most ${durationText(holdTime.maxMs)}; in ${idle} of it no query ran`,
      ],
      [
        'threshold',
        adaptiveThresholdMs === undefined
          ? 'too few leases to know its habits'
          : durationText(adaptiveThresholdMs),
      ],
    ],
  };
}
