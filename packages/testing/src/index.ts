export {
  FakeConnection,
  FakeConnector,
  ManualClock,
  settle,
  type FakeOutcome,
} from '@lifeguard/core/testing';
export { createDatabase, databaseFromEnvironment, type TestDatabase } from './database.ts';
export { startPostgres, type PostgresServer, type StartPostgresOptions } from './embedded-postgres.ts';
export { connectionInfo, startReplica } from './replica.ts';
