import { databaseFromEnvironment } from '../database.ts';
import { startPostgres } from '../embedded-postgres.ts';

/** What of Vitest's project is needed. */
export interface Providing {
  provide(key: 'databaseUrl', url: string): void;
}

/**
 * For `test.globalSetup` of Vitest: gives a run one server, that of `DATABASE_URL`, or an embedded one that ends with the run.
 * Tests get its address by `inject('databaseUrl')`, or a database of their own on it by `usePostgres()`.
 *
 * @example
 * export default defineConfig({ test: { globalSetup: ['@lifeguard/testing/global-postgres'] } });
 */
export async function setup(project: Providing): Promise<(() => Promise<void>) | undefined> {
  const url = databaseFromEnvironment();
  if (url !== undefined) {
    project.provide('databaseUrl', url);
    return undefined;
  }
  const server = await startPostgres();
  project.provide('databaseUrl', server.url);
  return () => server.stop();
}
