import type { DatabaseConnection } from 'kysely';
import { ManualClock } from '@lifeguard/core/testing';
import { expect, test } from 'vitest';
import { CheckoutLog } from './checkout-log.ts';
import type { Consumer } from './executor-hook.ts';

const connection = {} as DatabaseConnection;

/** A caller, whose connection comes, or is refused, when the test says so. */
function ask(log: CheckoutLog, consumer: Consumer<string> = () => Promise.resolve('done')) {
  const coming = Promise.withResolvers<DatabaseConnection>();
  const result = log.follow(async (consume) => consume(await coming.promise), consumer);
  return { result, grant: () => coming.resolve(connection), refuse: coming.reject };
}

test('a wait is from the question to the connection, and not to the end of its use', async () => {
  const clock = new ManualClock();
  const log = new CheckoutLog(clock);
  const inUse = Promise.withResolvers<string>();
  const taken = Promise.withResolvers<void>();
  const { result, grant } = ask(log, () => {
    taken.resolve();
    return inUse.promise;
  });
  await clock.advance(30);
  grant();
  await taken.promise;
  await clock.advance(500);
  inUse.resolve('done');
  expect(await result).toBe('done');
  expect(log.waitTime.summary()).toMatchObject({ count: 1, sumMs: 30 });
});

test('the oldest of those that wait is the first that asked and has none yet', async () => {
  const clock = new ManualClock();
  const log = new CheckoutLog(clock);
  expect(log.oldestWaitMs).toBe(0);
  const first = ask(log);
  await clock.advance(20);
  const second = ask(log);
  await clock.advance(5);
  expect(log.oldestWaitMs).toBe(25);
  first.grant();
  await first.result;
  expect(log.oldestWaitMs).toBe(5);
  second.grant();
  await second.result;
  expect(log.oldestWaitMs).toBe(0);
});

test('who is turned away by pg-pool for time is told apart from who is refused', async () => {
  const log = new CheckoutLog(new ManualClock());
  const late = ask(log);
  late.refuse(new Error('timeout exceeded when trying to connect'));
  await expect(late.result).rejects.toThrow('timeout exceeded');
  expect([log.timeouts, log.failures, log.lastFailure]).toEqual([1, 0, undefined]);
  const refused = ask(log);
  refused.refuse(new Error('connect ECONNREFUSED'));
  await expect(refused.result).rejects.toThrow('ECONNREFUSED');
  expect([log.timeouts, log.failures, log.lastFailure]).toEqual([
    1,
    1,
    expect.stringContaining('ECONNREFUSED'),
  ]);
});

test('a failure is past when somebody has got a connection, and what fails on that is none', async () => {
  const log = new CheckoutLog(new ManualClock());
  const refused = ask(log);
  refused.refuse(new Error('connect ECONNREFUSED'));
  await refused.result.catch(() => undefined);
  const served = ask(log, () => Promise.reject(new Error('no such column')));
  served.grant();
  await expect(served.result).rejects.toThrow('no such column');
  expect([log.failures, log.lastFailure, log.waitTime.count]).toEqual([1, undefined, 1]);
});
