import { createDatabase, databaseFromEnvironment, startPostgres } from '@lifeguard/testing';
import type { TestDatabase } from '@lifeguard/testing';

/** The server of `DATABASE_URL`, or a throwaway one that ends with this process. */
const serverUrl = databaseFromEnvironment() ?? (await startPostgres()).url;

/** A database for one test, empty; dropped by `await using`. */
export function openTestDatabase(): Promise<TestDatabase> {
  return createDatabase(serverUrl);
}
