import type { DatabaseConnection, Driver } from 'kysely';
import { expect, test } from 'vitest';
import { ManualClock, settle } from '@lifeguard/core/testing';
import { QueryKiller } from './query-killer.ts';

const DRIVER = {} as Driver;

/** A connection that notes what is done to it; `cancel` is what becomes of its query. */
function connectionWith(cancel: () => Promise<void>) {
  const done: string[] = [];
  const connection = {
    cancelQuery: () => {
      done.push('cancel');
      return cancel();
    },
    killSession: () => {
      done.push('close');
      return Promise.reject(new Error('no server'));
    },
  } as Partial<DatabaseConnection> as DatabaseConnection;
  return { connection, done };
}

const answers = () => Promise.resolve({ rows: [] });
const never = () => new Promise<never>(() => undefined);

test('a connection that answers after its query was ended is not closed, even when it answers with an error', async () => {
  const killer = new QueryKiller(DRIVER, new ManualClock());
  const { connection, done } = connectionWith(() => Promise.resolve());
  await killer.kill(connection, answers);
  await killer.kill(connection, () => Promise.reject(new Error('interrupted')));
  expect(done).toEqual(['cancel', 'cancel']);
});

test('where the command fails, the connection is closed', async () => {
  const killer = new QueryKiller(DRIVER, new ManualClock());
  const { connection, done } = connectionWith(() => Promise.reject(new Error('too many connections')));
  await killer.kill(connection, answers);
  expect(done).toEqual(['cancel', 'close']);
});

test('where nobody answers the command for five seconds, the connection is closed', async () => {
  const clock = new ManualClock();
  const { connection, done } = connectionWith(never);
  const killing = new QueryKiller(DRIVER, clock).kill(connection, answers);
  await settle();
  await clock.advance(4_999);
  await settle();
  expect(done).toEqual(['cancel']);
  await clock.advance(1);
  await killing;
  expect(done).toEqual(['cancel', 'close']);
  expect(clock.pendingTimers).toBe(0);
});

test('where the connection itself is silent for another second, it is closed', async () => {
  const clock = new ManualClock();
  const { connection, done } = connectionWith(() => Promise.resolve());
  const killing = new QueryKiller(DRIVER, clock).kill(connection, never);
  await settle();
  await clock.advance(1_000);
  await killing;
  expect(done).toEqual(['cancel', 'close']);
});

test('four are ended at once, and nobody waits for a turn longer than for an answer', async () => {
  const clock = new ManualClock();
  const killer = new QueryKiller(DRIVER, clock);
  const all = Array.from({ length: 9 }, () => connectionWith(never));
  const killing = all.map(({ connection }) => killer.kill(connection, answers));
  await settle();
  expect(all.filter(({ done }) => done.length > 0)).toHaveLength(4);
  await clock.advance(5_000);
  await Promise.all(killing);
  expect(all.map(({ done }) => done.at(-1))).toEqual(all.map(() => 'close'));
});

test('a connection that cannot be asked is refused', async () => {
  const killer = new QueryKiller(DRIVER, new ManualClock());
  await expect(killer.prepare({} as DatabaseConnection)).rejects.toMatchObject({ code: 'LG_UNSUPPORTED' });
});
