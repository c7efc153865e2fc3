export { createDatabase, databaseFromEnvironment, type TestDatabase } from './database.ts';
export { startPostgres, type PostgresServer, type StartPostgresOptions } from './embedded-postgres.ts';
