import { expect, test } from 'vitest';
import { closest } from './closest.ts';

const keys = ['url', 'pool_size', 'pool_timeout', 'max_overflow', 'leak_threshold', 'retry_connect'];

test.each([
  ['pool_sise', 'pool_size'],
  ['poolSize', 'pool_size'],
  ['pool-timeout', 'pool_timeout'],
  ['max_overlfow', 'max_overflow'],
  ['leak_treshold', 'leak_threshold'],
  ['URL', 'url'],
])('%s was meant as %s', (word, meant) => {
  expect(closest(word, keys)).toBe(meant);
});

test.each(['password', 'host', 'x', '', '_', '__proto__', 'hunter2', 'a'.repeat(100_000)])(
  'nothing is like %.20s',
  (word) => {
    expect(closest(word, keys)).toBeUndefined();
  },
);
