import { expect, test, vi } from 'vitest';
import { withinGrace } from './within-grace.ts';

test('looks once where there is no grace, and no more where nothing is found', async () => {
  const found = vi.fn(() => ['leak']);
  expect(await withinGrace(found, 0)).toEqual(['leak']);
  expect(found).toHaveBeenCalledTimes(1);
  const nothing = vi.fn(() => []);
  expect(await withinGrace(nothing, 1_000)).toEqual([]);
  expect(nothing).toHaveBeenCalledTimes(1);
});

test('time in which the event loop was blocked is no grace: what is due by then is done first', async () => {
  let isBack = false;
  setTimeout(() => (isBack = true), 10);
  const given = withinGrace(() => (isBack ? [] : ['leak']), 50);
  const blockedUntil = performance.now() + 200;
  while (performance.now() < blockedUntil);
  expect(await given).toEqual([]);
});
