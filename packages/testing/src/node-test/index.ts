export { allowLeaks } from '../allow-leaks.ts';
export { expectNoLeaks } from '../expect-no-leaks.ts';
export type { LeakCheckOptions, TrackedPool } from '../leak-check-options.ts';
export { LeakedLeasesError } from '../leaked-leases-error.ts';
export type { LeakedLease } from '../lease-ledger.ts';
export { failOnLeaks } from './fail-on-leaks.ts';
