import type { WaiterView } from '@lifeguard/core';
import type { PoolState } from '../../pool-state.ts';
import { durationText } from '../../render/number-text.ts';
import { span } from '../line.ts';
import { shown } from '../text-width.ts';
import { inOrder, numeric, placeCell, placeOf, textual } from './table.ts';
import type { Order, Row, Table } from './table.ts';

interface Waiter extends WaiterView {
  /** Who is served first has 1. */
  readonly turn: number;
}

/** How those who wait can be put in order. */
export const WAITER_ORDERS: readonly Order<Waiter>[] = [
  { name: 'turn', value: ({ turn }) => -turn },
  { name: 'time waited', value: ({ waitedMs }) => waitedMs },
];

const COLUMNS = [
  numeric('TURN', 2),
  numeric('WAITED', 0),
  numeric('AT MOST', 3),
  textual('PRIORITY', 1),
  textual('TENANT', 4),
  textual('PLACE', 0, 1),
];

/** Who waits for a connection, in the order in which they are likely to be served. */
export function waiterTable({ snapshot }: PoolState, order: number): Table {
  const all = (snapshot.waiters ?? []).map((waiter, index): Waiter => ({ ...waiter, turn: index + 1 }));
  const [waiters, orderedBy] = inOrder(all, WAITER_ORDERS, order);
  return { columns: COLUMNS, rows: waiters.map(rowOf), orderedBy, empty: 'nobody waits for a connection' };
}

function rowOf(waiter: Waiter): Row {
  const { turn, waitedMs, timeoutMs, priority, tenant } = waiter;
  const most = timeoutMs === undefined ? 'no limit' : durationText(timeoutMs);
  const isLate = timeoutMs !== undefined && waitedMs > timeoutMs / 2;
  return {
    key: `turn ${turn}`,
    cells: [
      span(String(turn)),
      span(durationText(waitedMs), isLate ? 'yellow' : undefined),
      span(most),
      span(shown(priority)),
      span(shown(tenant ?? '–', 40)),
      placeCell(waiter),
    ],
    details: [
      ['place', placeOf(waiter)],
      ['turn', String(turn)],
      ['waited', `${durationText(waitedMs)}, at most ${most}`],
      ['priority', shown(priority)],
      ['tenant', shown(tenant ?? '–')],
    ],
  };
}
