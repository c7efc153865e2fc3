import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutTo, padTo, shown, widthOf } from './text-width.ts';

test.each([
  ['orders', 6],
  ['日本', 4],
  ['e\u0301', 1],
  ['한', 2],
  ['🛟', 2],
  ['→', 1],
])('%s needs so many columns: %i', (text, width) => {
  expect(widthOf(text)).toBe(width);
});

test('a text is cut between characters, never within one', () => {
  expect(cutTo('orders', 6)).toBe('orders');
  expect(cutTo('orders', 5)).toBe('orde…');
  expect(cutTo('日本', 3)).toBe('日…');
  expect(cutTo('日本', 2)).toBe('…');
  expect(cutTo('orders', 0)).toBe('');
});

test('what a stranger has named moves no cursor, and has a width that terminals agree about', () => {
  expect(shown('a\u001b[2Jb\u202e')).toBe('a\\u{1b}[2Jb\\u{202e}');
  expect(shown('❤\ufe0f')).toBe('❤');
  expect(shown(undefined)).toBe('');
  expect(shown(7)).toBe('7');
});

test('however long a text is, it fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 30 }), (text, columns) => {
      expect(widthOf(cutTo(shown(text), columns))).toBeLessThanOrEqual(columns);
      expect(widthOf(padTo(shown(text), columns, 'right'))).toBe(columns);
    }),
  );
});
