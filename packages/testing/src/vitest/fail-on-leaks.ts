import { AsyncLocalStorage } from 'node:async_hooks';
import { aroundEach } from 'vitest';
import { ignoreFramesBeside } from '@lifeguard/core/adapter';
import { LeakCheck } from '../leak-check.ts';
import type { LeakCheckOptions } from '../leak-check-options.ts';
import { leaseLedger } from '../lease-ledger.ts';
import type { TestRun } from '../test-run.ts';

ignoreFramesBeside(import.meta, 'fail-on-leaks');

/** Of this process: a setup file runs once for each file of tests, this module maybe only once. */
const running = new AsyncLocalStorage<TestRun>();

/**
 * Fails each test at whose end a connection is out that the test has taken, with the stack of the acquire. To be called in a setup
 * file (`test.setupFiles`), or at the top of a file of tests. It looks when all hooks, fixtures and `onTestFinished` are through.
 * What was taken before (in `beforeAll`) is not the test's fault; {@link allowLeaks} makes an exception of a test.
 *
 * Concurrent tests are told apart by the asynchronous context in which they acquire. Where that has been lost (in a server that all
 * of them call), the last one of those that ran at the time fails, and says which ones these were. Needs Vitest 4.1 or later.
 *
 * @example
 * // lifeguard.setup.ts
 * import { failOnLeaks } from '@lifeguard/testing/vitest';
 * failOnLeaks();
 */
export function failOnLeaks(options?: LeakCheckOptions): void {
  const check = new LeakCheck(options);
  leaseLedger().runs.tellBy(() => running.getStore());
  aroundEach(async (runTest, { task }) => {
    const run = check.begin(task.fullTestName);
    await running.run(run, runTest);
    await check.end(run);
  });
}
