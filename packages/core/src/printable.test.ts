import { describe, expect, test } from 'vitest';
import { isPrintable, printable, printableInPlace } from './printable.ts';

const odd = {
  'a line break': '\n',
  'a carriage return': '\r',
  'a terminal escape': '\u001b[2J',
  'an 8-bit escape': '\u009b2J',
  'a bell': '\u0007',
  'a NUL': '\u0000',
  'a line separator': '\u2028',
  'a paragraph separator': '\u2029',
  'a change of direction': '\u202e',
  'an isolate': '\u2066',
  'a zero-width space': '\u200b',
  'half a character': '\ud800',
};

describe('what is shown', () => {
  test.each(Object.entries(odd))('has no %s in it', (_, text) => {
    expect(isPrintable(text)).toBe(false);
    for (const shown of [printable(`a${text}b`), printableInPlace(`a${text}b`)]) {
      expect(isPrintable(shown)).toBe(true);
      expect(shown).toMatch(/^a.+b$/);
    }
  });

  test('says what was there', () => {
    expect(printable('a\u001bb\u202ec')).toBe('a\\u{1b}b\\u{202e}c');
    expect(printableInPlace('a\tb\u001bc')).toBe('a b\uFFFDc');
  });

  test('is cut', () => {
    expect(printable('x'.repeat(300))).toBe(`${'x'.repeat(256)}…`);
    expect(printable('abc', 2)).toBe('ab…');
  });

  test('keeps all alphabets', () => {
    expect(printable('Größe 価格 ← 3× 👍')).toBe('Größe 価格 ← 3× 👍');
    expect(printable('plain')).toBe('plain');
  });
});
