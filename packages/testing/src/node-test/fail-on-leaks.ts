import * as runner from 'node:test';
import type { TestContext } from 'node:test';
import { ignoreFramesBeside } from '@lifeguard/core/adapter';
import { LeakCheck } from '../leak-check.ts';
import type { LeakCheckOptions } from '../leak-check-options.ts';
import { leaseLedger } from '../lease-ledger.ts';
import type { TestRun } from '../test-run.ts';

ignoreFramesBeside(import.meta, 'fail-on-leaks');

/** The test that runs in this asynchronous context, which Node tells since 24.19. */
const { getTestContext } = runner as { getTestContext?: () => object | undefined };

/**
 * Fails each test at whose end a connection is out that the test has taken, with the stack of the acquire. To be called at the top
 * of a file of tests, before other hooks, or in a module for `node --test --import`. It looks when the hooks `afterEach` and `t.after()`
 * are through. What was taken before (in `before`) is not the test's fault; {@link allowLeaks} makes an exception of a test.
 *
 * Of tests that run at the same time (`concurrency`), the last one to end fails, and says which ones ran, where Node does not tell
 * them apart.
 *
 * @example
 * import { failOnLeaks } from '@lifeguard/testing/node-test';
 * failOnLeaks();
 */
export function failOnLeaks(options?: LeakCheckOptions): void {
  const check = new LeakCheck(options);
  const runs = new WeakMap<object, TestRun>();
  leaseLedger().runs.tellBy(() => runs.get(getTestContext?.() ?? runs));
  runner.beforeEach((context) => {
    const test = context as TestContext;
    runs.set(test, check.begin(test.fullName));
  });
  runner.afterEach((context) => {
    const test = context as TestContext;
    const run = runs.get(test);
    // Behind all that the test itself has registered, which runs in this order.
    if (run !== undefined) test.after(() => check.end(run));
  });
}
