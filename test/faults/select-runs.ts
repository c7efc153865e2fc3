import { findDebianPrograms } from '../support/debian.ts';
import type { FaultRow } from './fault-row.ts';
import { rowsFor } from './matrix.ts';
import type { SideName } from './messages.ts';
import { majorOf } from './named-server.ts';
import type { ServerName } from './named-server.ts';
import type { Route } from './world.ts';

/** What of the whole matrix is to be run; everything unless it is said otherwise. */
export interface Selection {
  readonly rows?: string | undefined;
  readonly servers: readonly ServerName[];
  readonly routes: readonly Route[];
  readonly sides: readonly SideName[];
}

export interface PlannedRun {
  readonly row: FaultRow;
  readonly route: Route;
  readonly side: SideName;
}

export const SERVERS: readonly ServerName[] = ['embedded', 'debian'];
export const ROUTES: readonly Route[] = ['direct', 'pgbouncer'];
export const SIDES: readonly SideName[] = ['stock', 'hardened', 'lifeguard'];

function isInstalled(server: ServerName, route: Route): boolean {
  const found = findDebianPrograms();
  return (
    (server === 'embedded' || found.postgres !== undefined) &&
    (route === 'direct' || found.pgbouncer !== undefined)
  );
}

/** The runs on one server, the sides of a row one after the other. */
export function planRuns({ rows, routes, sides }: Selection, server: ServerName): readonly PlannedRun[] {
  const pattern = new RegExp(rows ?? '');
  return routes
    .filter((route) => isInstalled(server, route))
    .flatMap((route) =>
      rowsFor(majorOf(server), route)
        .filter(({ id }) => pattern.test(id))
        .flatMap((row) => sides.map((side) => ({ row, route, side }))),
    );
}
