import { ManualClock, settle } from '@lifeguard/core/testing';
import { expect, test } from 'vitest';
import { ConnectionHolder } from './connection-holder.ts';
import { Watch } from './watch.ts';

function makeHolder() {
  const { tracker } = new Watch({ clock: new ManualClock(), stacks: { mode: 'off' } });
  const record = tracker.open({ revoke: () => false }, tracker.origin());
  let stops = 0;
  const holder = new ConnectionHolder(record, () => {
    stops += 1;
    return Promise.resolve();
  });
  return { holder, stops: () => stops };
}

test('a query that runs is stopped, and nothing where none does', async () => {
  const { holder, stops } = makeHolder();
  await holder.stopRunning();
  expect(stops()).toBe(0);
  const { promise, resolve } = Promise.withResolvers<void>();
  const running = holder.query('select 1', () => promise);
  await holder.stopRunning();
  expect(stops()).toBe(1);
  resolve();
  await running;
});

test('a commit that waits behind a query that nobody awaited is not hit by what would end the query', async () => {
  const { holder, stops } = makeHolder();
  const slow = Promise.withResolvers<void>();
  const running = holder.query('select 1', () => slow.promise);
  const committing = holder.command('commit', 'none', () => slow.promise);
  await settle();
  await holder.stopRunning();
  expect(stops()).toBe(0);
  slow.resolve();
  await Promise.all([running, committing]);
});
