import type { Lease } from './lease.ts';

/**
 * What comes of an acquire, for a pool around this one that hands out something else than leases. Both are called where the
 * pool decides, which is in the middle of somebody else's release as often as not: they must be quick, and must not throw.
 * (A promise made of the pool's promise would do the same and cost as much again as the acquire.)
 */
export interface Taker<L, T> {
  /** Makes of the lease what the caller gets. */
  granted(lease: L): T;
  /** Makes of the error what the caller gets. @default the error is what the promise rejects with */
  readonly refused?: (error: unknown) => Promise<never>;
}

/** A {@link Taker} of a pool's leases. */
export type LeaseTaker<C, T> = Taker<Lease<C>, T>;

/** The caller gets the lease. */
export const AS_LEASE: LeaseTaker<never, unknown> = Object.freeze({
  granted: (lease: Lease<never>): Lease<never> => lease,
});
