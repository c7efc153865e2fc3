import type { LeaseRevokedError } from './errors.ts';
import type { LeakReport, ReturnedLate } from './leak-report.ts';
import type { CloseReason } from './pool-entry.ts';

/** What a pool tells, and with what. All are told after the state has changed. */
export interface PoolEvents<C> {
  /** A connection was opened. Not told for one that came after the pool no longer wanted it. */
  connect: { readonly connection: C; readonly entryId: number; readonly tookMs: number };
  'connect-failed': { readonly error: unknown; readonly attempts: number };
  /** A lease was granted. */
  acquire: { readonly connection: C; readonly leaseId: number; readonly waitedMs: number };
  /** A holder gave its lease back. Not told when it was revoked or lost before. */
  release: { readonly connection: C; readonly leaseId: number; readonly destroy: boolean };
  /** A connection has left the pool. */
  close: {
    readonly connection: C;
    readonly entryId: number;
    readonly reason: CloseReason;
    readonly error?: Error;
  };
  /** An acquire was turned away at its deadline. */
  timeout: { readonly error: Error };
  leak: LeakReport;
  'returned-late': ReturnedLate;
  /** A lease was taken back from its holder. */
  revoke: { readonly connection: C; readonly leaseId: number; readonly error: LeaseRevokedError };
  /** A closed connection whose backend may live on. */
  lost: { readonly connection: C | undefined; readonly entryId: number };
  /** The event loop was blocked for this long. */
  stall: { readonly lateMs: number };
  'listener-error': { readonly event: string; readonly error: unknown };
}
