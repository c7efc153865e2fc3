import { expect, it } from 'vitest';
import { BoundedMap } from './bounded-map.ts';

it('a bounded map forgets what was not asked for longest', () => {
  const map = new BoundedMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  expect(map.get('a')).toBe(1);
  map.set('c', 3);
  expect([map.get('b'), [...map.values()], map.size]).toEqual([undefined, [1, 3], 2]);
  map.set('c', 4);
  expect([...map.values()]).toEqual([1, 4]);
});
