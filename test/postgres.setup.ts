import { databaseFromEnvironment, startPostgres } from '@lifeguard/testing';
import type { TestProject } from 'vitest/node';

/** Gives the `postgres` tests one server: that of `DATABASE_URL`, or an embedded one that ends with the run. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const url = databaseFromEnvironment();
  if (url !== undefined) {
    project.provide('databaseUrl', url);
    return undefined;
  }
  const server = await startPostgres();
  project.provide('databaseUrl', server.url);
  return () => server.stop();
}
