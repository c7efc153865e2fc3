import { ROWS } from './rows/index.ts';
import type { FaultRow } from './fault-row.ts';
import type { Route } from './world.ts';

/** The faults that exist on this version, by this route. */
export function rowsFor(version: number, route: Route): readonly FaultRow[] {
  return ROWS.filter(({ since = 0, routes }) => version >= since && routes.includes(route));
}
