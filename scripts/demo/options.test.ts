import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

test('without options it is the long run, for people, always the same', () => {
  expect(readOptions([])).toEqual({ short: false, json: false, seed: 1, help: false });
});

test('options are read', () => {
  expect(readOptions(['--short', '--json', '--seed', '7'])).toEqual({
    short: true,
    json: true,
    seed: 7,
    help: false,
  });
});

test.each([['--nope'], ['--seed', 'x'], ['--seed', '-1'], ['short']])(
  '%s is refused with a sentence',
  (...args) => {
    expect(readOptions(args)).toEqual(expect.any(String));
  },
);
