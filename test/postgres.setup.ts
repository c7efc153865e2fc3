import { databaseFromEnvironment } from '@lifeguard/testing';
import { setup as provideServer } from '@lifeguard/testing/global-postgres';
import type { TestProject } from 'vitest/node';

/** Gives the `postgres` tests one server, as users' tests get it; but one whose address has a secret in it. */
export function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const isGiven = databaseFromEnvironment() !== undefined;
  return provideServer({
    provide: (key, url) => project.provide(key, isGiven ? url : withPassword(url)),
  });
}

/** Planted in the address of every suite: the server asks for none, and nothing may print it (scripts/canary.ts). */
const PASSWORD = 'LgCanary9password';

function withPassword(address: string): string {
  const url = new URL(address);
  url.password = PASSWORD;
  return url.href;
}
