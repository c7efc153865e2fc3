import { colourOf } from '../../paint.ts';
import type { PoolState } from '../../pool-state.ts';
import { durationText, numberText } from '../../render/number-text.ts';
import { span } from '../line.ts';
import { ratesOf, suspectedOf } from '../look.ts';
import type { Look } from '../look.ts';
import { rateText } from '../rates.ts';
import { shown } from '../text-width.ts';
import { inOrder, numeric, textual } from './table.ts';
import type { Order, Row, Table } from './table.ts';

const HEALTHS = ['healthy', 'warning', 'critical'];

/** How pools can be put in order. */
export const POOL_ORDERS: readonly Order<PoolState>[] = [
  // As the application lists them.
  { name: '', value: () => 0 },
  { name: 'health', value: ({ health }) => HEALTHS.indexOf(health) },
  { name: 'who waits', value: ({ snapshot }) => snapshot.pending },
];

const COLUMNS = [
  textual('POOL', 0, 1),
  textual('HEALTH', 1),
  numeric('USED', 0),
  numeric('IDLE', 4),
  numeric('OVERFLOW', 6),
  numeric('PENDING', 2),
  numeric('OLDEST', 3),
  numeric('WAIT P95', 5),
  numeric('HELD P95', 6),
  numeric('ACQUIRES', 3),
  numeric('TIMEOUTS', 4),
  numeric('LEAKS?', 2),
];

/** The pools of an application, a row each. */
export function poolTable(before: Look | undefined, look: Look, order: number): Table {
  const [pools, orderedBy] = inOrder(look.pools, POOL_ORDERS, order);
  const rows = pools.map((pool) => rowOf(pool, before, look));
  return { columns: COLUMNS, rows, orderedBy, empty: 'the application has no pools' };
}

function rowOf(pool: PoolState, before: Look | undefined, look: Look): Row {
  const { snapshot, health, reasons } = pool;
  const { name, used, max, idle, overflow, pending, oldestWaitMs, counters } = snapshot;
  const leaks = suspectedOf(pool);
  const rates = ratesOf(before, look, name);
  return {
    key: name,
    cells: [
      span(shown(name, 60)),
      span(health, colourOf(health)),
      span(`${numberText(used)}/${numberText(max)}`),
      span(numberText(idle)),
      span(numberText(overflow)),
      span(numberText(pending), pending > 0 ? 'yellow' : undefined),
      span(pending > 0 ? durationText(oldestWaitMs) : '–'),
      span(durationText(snapshot.waitTime.p95Ms)),
      span(durationText(snapshot.useTime.p95Ms)),
      span(rates === undefined ? '–' : rateText(rates.acquiredPerSecond)),
      span(numberText(counters.timeouts), (rates?.timeouts ?? 0) > 0 ? 'red' : undefined),
      span(numberText(leaks), leaks > 0 ? 'red' : undefined),
    ],
    details: [
      ['pool', shown(name)],
      ['health', health],
      ...reasons.map((reason): [string, string] => ['why', shown(reason, 1_000)]),
      ['state', shown(snapshot.state)],
    ],
  };
}
