import type { HolderView } from '@lifeguard/core';
import type { PoolState } from '../../pool-state.ts';
import { durationText, numberText } from '../../render/number-text.ts';
import { span } from '../line.ts';
import { shown } from '../text-width.ts';
import { inOrder, numeric, placeCell, placeOf, textual } from './table.ts';
import type { Order, Row, Table } from './table.ts';

/** How places that hold connections can be put in order. */
export const HOLDER_ORDERS: readonly Order<HolderView>[] = [
  { name: 'time held', value: ({ maxHeldMs }) => maxHeldMs },
  { name: 'number of leases', value: ({ count }) => count },
];

const COLUMNS = [
  numeric('COUNT', 0),
  numeric('HELD', 0),
  numeric('LEAST', 3),
  numeric('LEAKS?', 2),
  textual('STATE', 1),
  textual('PLACE', 0, 1),
];

/** The places in the code that hold connections now, a row each. */
export function holderTable({ snapshot }: PoolState, order: number): Table {
  const [holders, orderedBy] = inOrder(snapshot.holders ?? [], HOLDER_ORDERS, order);
  return { columns: COLUMNS, rows: holders.map(rowOf), orderedBy, empty: 'no connection is in use' };
}

function rowOf(holder: HolderView): Row {
  const { count, minHeldMs, maxHeldMs, suspected, state } = holder;
  const place = placeOf(holder);
  return {
    key: `holder ${place}`,
    cells: [
      span(numberText(count)),
      span(durationText(maxHeldMs)),
      span(durationText(minHeldMs)),
      span(numberText(suspected), suspected > 0 ? 'red' : undefined),
      span(shown(state), state === 'active' ? 'green' : undefined),
      placeCell(holder),
    ],
    details: [
      ['place', place],
      ['leases', `${numberText(count)}, of which ${numberText(suspected)} are suspected of being leaked`],
      ['held', `${durationText(minHeldMs)} to ${durationText(maxHeldMs)}`],
      ['state', `${shown(state)} (most of them)`],
    ],
  };
}
