import type { LeaseTracker } from '@lifeguard/core';
import { leakedLease } from './lease-ledger.ts';
import type { LeakedLease, LeaseLedger, OpenLease } from './lease-ledger.ts';

/** What knows its leases: a `LifeguardPool`, the core's `Pool`, the `watch` of `lifeguard(db)`, `dialect.lifeguard`. */
export interface TrackedPool {
  readonly name: string;
  readonly tracker: LeaseTracker;
}

/** How leaks are looked for. */
export interface LeakCheckOptions {
  /** @default all of this process, whoever made them and when */
  readonly pools?: readonly TrackedPool[];
  /**
   * How long, in milliseconds, a lease may still be open after the end; what comes back meanwhile has not leaked.
   * @default 100 — a response may be sent, and the test be over, before the last `finally` has run.
   */
  readonly graceMs?: number;
  /**
   * Whether what has leaked is taken from its holder, and its connection closed. Where Lifeguard only watches, it stays open, and
   * is not reported again.
   * @default true — the next test finds the pool as it should be, and cannot fail by what is not its fault.
   */
  readonly takeBack?: boolean;
  /** Leases that are meant to stay open. @default none */
  readonly ignore?: (lease: LeakedLease) => boolean;
}

/** Whether these options are about this lease. */
export function concerns({ pools, ignore }: LeakCheckOptions, lease: OpenLease): boolean {
  if (pools !== undefined && !pools.some(({ tracker }) => tracker === lease.tracker)) return false;
  return ignore?.(leakedLease(lease)) !== true;
}

/** Deals with what has leaked, so that it is not found again. Who uses it after all is told `why`. */
export function dealWith(
  ledger: LeaseLedger,
  leaked: readonly OpenLease[],
  { takeBack = true }: LeakCheckOptions,
  why: unknown,
): void {
  for (const lease of leaked) {
    // Not as a leak, which would be logged: it is reported already.
    if (takeBack) lease.record.owner.revoke(lease.record, 'operator', why);
    ledger.forget(lease);
  }
}
