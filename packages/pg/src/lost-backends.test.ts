import { expect, test } from 'vitest';
import { LostBackends } from './lost-backends.ts';

function answering(rows: readonly { pid: number; gone: boolean | null }[]) {
  const sent: string[] = [];
  const send = async (sql: string) => {
    sent.push(sql);
    return { rows };
  };
  return { sent, send };
}

async function isSettled(promise: Promise<void>): Promise<boolean> {
  return Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setImmediate(resolve, false)),
  ]);
}

test('nothing is asked while nothing is lost', async () => {
  const { sent, send } = answering([]);
  await new LostBackends().hunt(1, send);
  expect(sent).toEqual([]);
});

test('what was ended, or was not there any more, is gone; what may not be ended stays lost', async () => {
  const lost = new LostBackends();
  const ended = lost.add(11);
  const denied = lost.add(12);
  const { sent, send } = answering([
    { pid: 11, gone: true },
    { pid: 12, gone: null },
  ]);
  await lost.hunt(1, send);
  expect([await isSettled(ended), await isSettled(denied)]).toEqual([true, false]);
  expect(sent[0]).toContain('array[11, 12]');
  await lost.hunt(1, send);
  expect(sent[1]).toContain('array[12]');
});

test('behind a pooler, where another backend answers, nothing is known', async () => {
  const lost = new LostBackends();
  const one = lost.add(11);
  await lost.hunt(1, answering([]).send);
  expect(await isSettled(one)).toBe(false);
});

test('a number that the server has given again was free', async () => {
  const lost = new LostBackends();
  const { sent, send } = answering([]);
  const one = lost.add(11);
  await lost.hunt(11, send);
  expect(await isSettled(one)).toBe(true);
  expect(sent).toEqual([]);
});
