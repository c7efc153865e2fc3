import { ManualClock } from '@lifeguard/core/testing';
import { expect, test } from 'vitest';
import { StatementWatch } from './statement-watch.ts';

const TIMEOUT = 'canceling statement due to statement timeout';
const REQUEST = 'canceling statement due to user request';
const OTHER_LANGUAGE = 'annulation de la requête';

interface Scene {
  readonly message: string;
  readonly ranMs?: number;
  readonly limitMs?: number;
  readonly cancelSent?: boolean;
  readonly code?: string;
  readonly routine?: string;
}

async function blame(scene: Scene): Promise<string | undefined> {
  const { message, ranMs = 100, limitMs, cancelSent = false, code = '57014', routine } = scene;
  const clock = new ManualClock();
  const watch = new StatementWatch(clock);
  watch.started();
  if (cancelSent) watch.cancelSent();
  await clock.advance(ranMs);
  return watch.whoStopped({ message, code, routine }, limitMs);
}

test.each([
  [{ message: TIMEOUT }, 'server'],
  [{ message: TIMEOUT, cancelSent: true }, 'server'],
  [{ message: REQUEST, cancelSent: true }, 'lifeguard'],
  [{ message: REQUEST }, 'operator'],
  [{ message: REQUEST, limitMs: 50 }, 'operator'],
  [{ message: OTHER_LANGUAGE, cancelSent: true, limitMs: 50 }, 'lifeguard'],
  [{ message: OTHER_LANGUAGE, limitMs: 100 }, 'server'],
  [{ message: OTHER_LANGUAGE, limitMs: 110 }, 'server'],
  [{ message: OTHER_LANGUAGE, limitMs: 500 }, 'operator'],
  [{ message: OTHER_LANGUAGE, limitMs: 0 }, 'operator'],
  [{ message: OTHER_LANGUAGE }, undefined],
  [{ message: TIMEOUT, routine: 'CopyGetData' }, undefined],
  [{ message: TIMEOUT, code: '55P03' }, undefined],
] as [Scene, string | undefined][])('%j was stopped by %s', async (scene, by) =>
  expect(await blame(scene)).toBe(by),
);

test('a request is blamed for one statement, and for none once it is spent', () => {
  const stopped = { message: OTHER_LANGUAGE, code: '57014' };
  const watch = new StatementWatch(new ManualClock());
  watch.cancelSent();
  expect([watch.whoStopped(stopped, 0), watch.whoStopped(stopped, 0)]).toEqual(['lifeguard', 'operator']);
  watch.cancelSent();
  watch.cancelSpent();
  expect(watch.whoStopped(stopped, 0)).toBe('operator');
});
