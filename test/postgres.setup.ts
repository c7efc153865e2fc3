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
  project.provide('databaseUrl', withPassword(server.url));
  return () => server.stop();
}

/** Planted in the address of every suite: the server asks for none, and nothing may print it (scripts/canary.ts). */
const PASSWORD = 'LgCanary9password';

function withPassword(address: string): string {
  const url = new URL(address);
  url.password = PASSWORD;
  return url.href;
}
