import type { LeaseView, SessionView } from '@lifeguard/core';
import type { PoolState } from '../../pool-state.ts';
import { durationText, numberText } from '../../render/number-text.ts';
import { span } from '../line.ts';
import { shown } from '../text-width.ts';
import { inOrder, numeric, placeCell, placeOf, siteText, textual } from './table.ts';
import type { Order, Row, Table } from './table.ts';

/** How leases can be put in order. */
export const LEASE_ORDERS: readonly Order<LeaseView>[] = [
  { name: 'time held', value: ({ heldMs }) => heldMs },
  { name: 'time without a query', value: ({ idleMs }) => idleMs ?? -1 },
  { name: 'number of queries', value: ({ queries }) => queries },
];

const COLUMNS = [
  numeric('LEASE', 5),
  numeric('HELD', 0),
  numeric('IDLE', 2),
  textual('STATE', 1),
  numeric('QUERIES', 4),
  textual('PLACE', 0, 2),
  textual('LAST QUERY', 3, 3),
];

/** The open leases of a pool, a row each. */
export function leaseTable({ snapshot }: PoolState, order: number): Table {
  const [leases, orderedBy] = inOrder(snapshot.leases, LEASE_ORDERS, order);
  return { columns: COLUMNS, rows: leases.map(rowOf), orderedBy, empty: 'no connection is in use' };
}

function rowOf(lease: LeaseView): Row {
  const colour = lease.suspected ? 'red' : lease.queryRunning ? 'green' : undefined;
  return {
    key: `lease ${lease.id}`,
    cells: [
      span(`#${numberText(lease.id)}`, 'dim'),
      span(durationText(lease.heldMs), lease.suspected ? 'red' : undefined),
      span(lease.idleMs === undefined ? '–' : durationText(lease.idleMs)),
      span(`${lease.suspected ? 'LEAK? ' : ''}${stateOf(lease)}`, colour),
      span(numberText(lease.queries)),
      placeCell(lease),
      span(shown(lease.lastQuery ?? '–', 512)),
    ],
    details: detailsOf(lease),
  };
}

/** As PostgreSQL would call it. */
function stateOf({ queryRunning, transaction, queries }: LeaseView): string {
  if (queryRunning) return 'active';
  if (transaction === 'open') return 'idle in transaction';
  if (transaction === 'failed') return 'idle in failed transaction';
  return queries === 0 ? 'no query yet' : 'idle';
}

function detailsOf(lease: LeaseView): [string, string][] {
  const { idleMs, blockedMs, session } = lease;
  const idle = idleMs === undefined ? 'a query runs' : `no query for ${durationText(idleMs)}`;
  const blocked = blockedMs > 0 ? `, the event loop was blocked for ${durationText(blockedMs)} of it` : '';
  return [
    ['place', placeOf(lease)],
    ...(Array.isArray(lease.frames) ? lease.frames : []).map((frame): [string, string] => [
      'called from',
      siteText(frame),
    ]),
    ['held', `${durationText(lease.heldMs)}, ${idle}${blocked}`],
    ['state', stateOf(lease)],
    ...(lease.suspected
      ? [
          ['leak', `suspected${lease.collected ? ': nobody can give it back any more' : ''}`] as [
            string,
            string,
          ],
        ]
      : []),
    ['queries', numberText(lease.queries)],
    ['last query', shown(lease.lastQuery ?? '–', 4_096)],
    ['backend', lease.backendPid === undefined ? 'not known' : `pid ${numberText(lease.backendPid)}`],
    ...(session === undefined ? [] : sessionDetails(session)),
  ];
}

function sessionDetails({
  kind,
  name,
  id,
  ageMs,
  timeoutMs,
  endedMs,
  tags,
  traceId,
}: SessionView): [string, string][] {
  const age =
    endedMs === undefined ? `open for ${durationText(ageMs)}` : `over since ${durationText(endedMs)}`;
  const tagged = Object.entries(tags ?? {}).map(([key, value]) => `${shown(key)}=${shown(value)}`);
  return [
    [
      'session',
      `${shown(kind)} ${shown(name ?? `#${id}`)}, ${age}, limit ${durationText(timeoutMs ?? Infinity)}`,
    ],
    ...(tagged.length > 0 ? [['tags', tagged.join(' ')] as [string, string]] : []),
    ...(traceId === undefined ? [] : [['trace', shown(traceId)] as [string, string]]),
  ];
}
