import type { FaultRow } from '../fault-row.ts';
import { applicationRows } from './application.ts';
import { failoverRow } from './failover.ts';
import { frozenServerRow } from './frozen-server.ts';
import { limitRows } from './limits.ts';
import { machineRows } from './machine.ts';
import { networkRows } from './network.ts';
import { refusalRows } from './refusals.ts';
import { restartRows } from './restart.ts';
import { terminateRows } from './terminate.ts';
import { tlsRows } from './tls.ts';

/** The fault matrix, in the order of docs/reliability.md. */
export const ROWS: readonly FaultRow[] = [
  ...terminateRows,
  ...limitRows,
  ...restartRows,
  frozenServerRow,
  failoverRow,
  ...refusalRows,
  ...networkRows,
  ...tlsRows,
  ...machineRows,
  ...applicationRows,
];
