import type { MonitorState, Tab } from '../monitor-state.ts';
import { shownPool } from '../monitor-state.ts';
import { HOLDER_ORDERS, holderTable } from './holder-table.ts';
import { LEASE_ORDERS, leaseTable } from './lease-table.ts';
import { POOL_ORDERS, poolTable } from './pool-table.ts';
import { SITE_ORDERS, siteTable } from './site-table.ts';
import type { Row, Table } from './table.ts';
import { WAITER_ORDERS, waiterTable } from './waiter-table.ts';

const NONE: Table = { columns: [], rows: [], orderedBy: '', empty: 'there is no such pool any more' };

/** The table that a state shows. */
export function tableOf(state: MonitorState): Table {
  const { tab, look, before, order, grouped } = state;
  if (tab === 'pools') return poolTable(before, look, order.pools);
  const pool = shownPool(state);
  if (pool === undefined) return NONE;
  switch (tab) {
    case 'leases':
      return grouped ? holderTable(pool, order.leases) : leaseTable(pool, order.leases);
    case 'waiters':
      return waiterTable(pool, order.waiters);
    case 'sites':
      return siteTable(pool, order.sites);
    /* v8 ignore next -- a tab that is missing above does not compile */
    default:
      return tab satisfies never;
  }
}

/** How many orders a table has. */
export function ordersOf(tab: Tab, grouped: boolean): number {
  const leases = grouped ? HOLDER_ORDERS : LEASE_ORDERS;
  return { pools: POOL_ORDERS, leases, waiters: WAITER_ORDERS, sites: SITE_ORDERS }[tab].length;
}

/** Where the selected row is now: beside where it was when it is gone; `undefined` when none is selected. */
export function selectedIndex({ selection }: MonitorState, rows: readonly Row[]): number | undefined {
  if (selection === undefined || rows.length === 0) return undefined;
  const found = rows.findIndex(({ key }) => key === selection.key);
  return found >= 0 ? found : Math.min(selection.index, rows.length - 1);
}
