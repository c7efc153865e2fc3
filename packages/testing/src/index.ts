export {
  FakeConnection,
  FakeConnector,
  ManualClock,
  settle,
  type FakeOutcome,
} from '@lifeguard/core/testing';
export { allowLeaks } from './allow-leaks.ts';
export { createDatabase, databaseFromEnvironment, type TestDatabase } from './database.ts';
export { startPostgres, type PostgresServer, type StartPostgresOptions } from './embedded-postgres.ts';
export { expectNoLeaks } from './expect-no-leaks.ts';
export { failOnLeaks, type TestHooks } from './fail-on-leaks.ts';
export type { LeakCheckOptions, TrackedPool } from './leak-check-options.ts';
export { LeakedLeasesError } from './leaked-leases-error.ts';
export type { LeakedLease } from './lease-ledger.ts';
export { connectionInfo, startReplica } from './replica.ts';
export { withPostgres } from './with-postgres.ts';
