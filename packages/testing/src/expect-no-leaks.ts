import { concerns, dealWith } from './leak-check-options.ts';
import type { LeakCheckOptions, TrackedPool } from './leak-check-options.ts';
import { leakedLease, leaseLedger } from './lease-ledger.ts';
import type { OpenLease } from './lease-ledger.ts';
import { LeakedLeasesError } from './leaked-leases-error.ts';
import { withinGrace } from './within-grace.ts';

/**
 * Expects of the rest of a block that it gives back what it takes of `pool`: at the end of the block it throws a
 * {@link LeakedLeasesError}, with the stack of the acquire. Of concurrent tests it looks only at its own, where the test runner
 * tells (see docs/testing.md).
 *
 * @example
 * await using _ = expectNoLeaks(pool);
 * await createOrder(pool);
 */
export function expectNoLeaks(
  pool: TrackedPool,
  options: Omit<LeakCheckOptions, 'pools'> = {},
): AsyncDisposable {
  const ledger = leaseLedger();
  const before = ledger.acquires;
  const here = ledger.runs.current();
  const isMeant = (lease: OpenLease): boolean =>
    lease.place > before &&
    (here.length === 0 || lease.askers.length === 0 || lease.askers.some((run) => here.includes(run))) &&
    concerns({ ...options, pools: [pool] }, lease);
  const end = async (): Promise<void> => {
    const leaked = await withinGrace(() => ledger.open(isMeant), options.graceMs ?? 100);
    if (leaked.length === 0) return;
    const error = new LeakedLeasesError(leaked.map(leakedLease), 'at the end of the block');
    dealWith(ledger, leaked, options, error);
    throw error;
  };
  return { [Symbol.asyncDispose]: end };
}
