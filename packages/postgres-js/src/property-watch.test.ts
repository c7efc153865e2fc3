import { expect, test } from 'vitest';
import { watchProperty } from './property-watch.ts';

test('two who watch the same property are both told, and it is as it was written', () => {
  const target: { active?: boolean } = { active: false };
  const told: unknown[] = [];
  watchProperty(target, 'active', { written: (value) => told.push(['first', value]) });
  watchProperty(target, 'active', { written: (value) => told.push(['second', value]) });
  target.active = true;
  expect(target).toEqual({ active: true });
  expect(told).toEqual([
    ['second', true],
    ['first', true],
  ]);
});

test('whoever reads it gets what each makes of it; one that was not there can be written', () => {
  const target: { n?: number } = {};
  watchProperty(target, 'n', { read: (value) => Number(value) + 1 });
  watchProperty(target, 'n', { read: (value) => Number(value) * 10 });
  target.n = 1;
  expect(target.n).toBe(20);
});
