import { EVERY_ROUTE } from '../fault-row.ts';
import type { FaultRow } from '../fault-row.ts';
import type { BackendState } from '../world.ts';

/** `pg_terminate_backend`, 57P01: what an operator does, or a failover. */
function terminateRow(state: BackendState, title: string): FaultRow {
  return {
    id: `terminate-${state.replaceAll(' ', '-')}`,
    title,
    routes: EVERY_ROUTE,
    inject: (world) => world.terminate(state, 3 * world.patience),
  };
}

export const terminateRows: readonly FaultRow[] = [
  terminateRow('idle', 'backend terminated: idle in the pool'),
  terminateRow('leased idle', 'backend terminated: leased, idle'),
  terminateRow('running', 'backend terminated: running a statement'),
  terminateRow('in transaction', 'backend terminated: in a transaction'),
];
