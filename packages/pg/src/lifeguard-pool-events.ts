import type { LeakReport, PoolEvents, ReturnedLate } from '@lifeguard/core';
import type { PoolClient } from 'pg';
import type { PgConnection } from './pg-connection.ts';

/** What a `LifeguardPool` tells, and with what: the events of `pg.Pool`, and ours. */
export interface LifeguardPoolEvents {
  connect: [client: PoolClient];
  acquire: [client: PoolClient];
  release: [error: Error | undefined, client: PoolClient];
  remove: [client: PoolClient];
  error: [error: Error, client: PoolClient];
  leak: [report: LeakReport];
  'returned-late': [retraction: ReturnedLate];
  nested: [report: PoolEvents<PgConnection>['nested']];
  deadlock: [deadlock: PoolEvents<PgConnection>['deadlock']];
  revoke: [revocation: PoolEvents<PgConnection>['revoke']];
  timeout: [timeout: PoolEvents<PgConnection>['timeout']];
  shed: [shed: PoolEvents<PgConnection>['shed']];
  /** An attempt to connect has failed; the pool goes on trying. */
  'connect-failed': [failure: PoolEvents<PgConnection>['connect-failed']];
  stall: [stall: PoolEvents<PgConnection>['stall']];
  thaw: [thaw: PoolEvents<PgConnection>['thaw']];
  lost: [loss: PoolEvents<PgConnection>['lost']];
  /** A standby has refused a write, in a pool that was connected to a primary before: all connections are replaced. */
  demoted: [];
}

/** Those that the core's pool tells, and the other one repeats. */
export const FORWARDED = [
  'leak',
  'returned-late',
  'nested',
  'deadlock',
  'revoke',
  'timeout',
  'shed',
  'connect-failed',
  'stall',
  'thaw',
  'lost',
] as const;
