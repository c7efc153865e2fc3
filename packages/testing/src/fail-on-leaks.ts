import { LeakCheck } from './leak-check.ts';
import type { LeakCheckOptions } from './leak-check-options.ts';
import type { TestRun } from './test-run.ts';

/** What test runners call around each test: Jest, Mocha, Jasmine. */
export interface TestHooks {
  beforeEach(hook: () => void): unknown;
  afterEach(hook: () => Promise<void>): unknown;
}

/**
 * Fails each test at whose end a connection is out that the test has taken, with the stack of the acquire. For test runners with
 * hooks of this kind; for Vitest and `node:test` there are `@lifeguard/testing/vitest` and `@lifeguard/testing/node-test`, which
 * know more: the names of the tests, which of several concurrent ones it was, and what other hooks give back later.
 *
 * @example
 * // a file of `setupFilesAfterEnv` of Jest
 * failOnLeaks({ beforeEach, afterEach });
 */
export function failOnLeaks(hooks: TestHooks, options?: LeakCheckOptions): void {
  const check = new LeakCheck(options);
  let run: TestRun | undefined;
  hooks.beforeEach(() => {
    run = check.begin('');
  });
  hooks.afterEach(async () => {
    if (run !== undefined) await check.end(run);
  });
}
