import { leaseLedger } from './lease-ledger.ts';

/**
 * Lets the test that runs now end with connections out: one that is about leaks, or hands a connection to the next one. They are
 * not taken back. To be called in the test, or for a group or a file of tests in a hook: `beforeEach(allowLeaks)`. Outside of any
 * test, and where `failOnLeaks()` was not called, it does nothing.
 */
export function allowLeaks(): void {
  for (const run of leaseLedger().runs.current()) run.leaks = 'allowed';
}
