import type { LeaseRevokedError, OverloadedError, PoolDeadlockError } from './errors.ts';
import type { LeakReport, ReturnedLate } from './leak-report.ts';
import type { NestedAcquireReport } from './nested-acquire.ts';
import type { CloseReason } from './pool-entry.ts';

/** What a pool tells, and with what. All are told after the state has changed. `pool` is the name of the pool. */
export interface PoolEvents<C> {
  /** A connection was opened. Not told for one that came after the pool no longer wanted it. */
  connect: {
    readonly pool: string;
    readonly connection: C;
    readonly entryId: number;
    readonly tookMs: number;
  };
  'connect-failed': { readonly error: unknown; readonly attempts: number };
  /** A lease was granted. */
  acquire: {
    readonly pool: string;
    readonly connection: C;
    readonly leaseId: number;
    readonly waitedMs: number;
  };
  /** A holder gave its lease back. Not told when it was revoked or lost before. */
  release: {
    readonly pool: string;
    readonly connection: C;
    readonly leaseId: number;
    readonly destroy: boolean;
  };
  /** A connection has left the pool. */
  close: {
    readonly pool: string;
    readonly connection: C;
    readonly entryId: number;
    readonly reason: CloseReason;
    readonly error?: Error;
  };
  /** An acquire was turned away at its deadline. */
  timeout: { readonly pool: string; readonly error: Error };
  /** An acquire was turned away before its deadline, by the `controlled` queue. */
  shed: { readonly pool: string; readonly error: OverloadedError };
  leak: LeakReport;
  'returned-late': ReturnedLate;
  /** Code that holds a connection asked for another one. Told once in `reportIntervalMs` for each pair of places. */
  nested: NestedAcquireReport;
  /** A waiter was turned away, since all connections were held by code that waited. */
  deadlock: { readonly error: PoolDeadlockError };
  /** A lease was taken back from its holder. */
  revoke: { readonly connection: C; readonly leaseId: number; readonly error: LeaseRevokedError };
  /** A closed connection whose backend may live on. */
  lost: { readonly connection: C | undefined; readonly entryId: number };
  /** The process stood still for seconds (a laptop that slept, a paused container): connections are checked before use. */
  thaw: { readonly thaws: number };
  /** The event loop was blocked for this long. */
  stall: { readonly lateMs: number };
  'listener-error': { readonly event: string; readonly error: unknown };
}
