import { describe, expect, test } from 'vitest';
import { parseSettings } from './parse-settings.ts';
import { SettingsError } from './settings-error.ts';

function messages(text: string): string[] {
  try {
    parseSettings(text);
  } catch (error) {
    if (error instanceof SettingsError) {
      return error.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
    }
    throw error;
  }
  return [];
}

describe('a key is refused', () => {
  test.each([
    ['pool_size: 5', '1:1 pool_size: unknown key here, it belongs under providers.database'],
    ['database:\n  pool_size: 5', '1:1 database: unknown key here, it belongs under providers'],
    ['provider:\n  a: 5', '1:1 provider: unknown key, did you mean "providers"?'],
    ['hello: 5', '1:1 hello: unknown key, known here: providers, alerts'],
    ['"a b\\e": 5', '1:1 "a b\\u{1b}": unknown key, known here: providers, alerts'],
    ['<<: { a: 5 }', '1:1 <<: unknown key; merge keys are not supported, repeat what you would merge'],
    ['? [a]\n: 5', '1:3 : a key must be a plain word'],
    ['providers: 5', '1:12 providers: expected a section with keys such as database, got a number'],
    ['- providers', '1:1 : expected a section with keys such as providers, got a list'],
    ['hunter2', '1:1 : expected a section with keys such as providers, got a text'],
  ])('%o', (text, message) => {
    expect(messages(text)).toEqual([message.replace('<<:', '"<<":')]);
  });

  test('when it is the name of an option and not of a key', () => {
    expect(messages('providers:\n  database:\n    maxLifetimeMs: 5\n')).toEqual([
      '3:5 providers.database.maxLifetimeMs: unknown key, did you mean "pool_recycle"?',
    ]);
  });

  test('when it comes twice', () => {
    expect(
      messages('providers:\n  database:\n    pool_size: 5\n    max_overflow: 1\n    pool_size: 6\n'),
    ).toEqual(['5:5 providers.database.pool_size: duplicate key, set already in line 3']);
  });
});

describe('what is no YAML is refused', () => {
  test.each([
    ['a: "b', '1:4 : a quote that is never closed'],
    ['a: [b', '1:6 : a { or [ that is not closed, or not indented as far as it should be'],
    ['[a, b', '1:6 : a { or [ that is not closed, or not indented as far as it should be'],
    ['a: [b\n  c: d]', '1:5 : not a "key: value" line; is the colon missing?'],
    ['providers:\n\tdatabase:', '2:1 : indented with a tab; YAML wants spaces'],
    ['a:\n  b: 5\n c: 5', '3:1 : wrong indentation; keys of one section begin in the same column'],
    ['a:\n  b 5\n  c: 5', '2:3 : not a "key: value" line; is the colon missing?'],
    ['a: b: c', '1:4 : a value with ": " in it needs quotes, and a section begins on a line of its own'],
    ['a: @b', '1:4 : a value that begins with this character needs quotes'],
    ['a: "\\q"', '1:5 : not an escape that YAML knows; in "…" write \\\\ for a backslash, or use \'…\''],
    [
      'a: { b: ${C} }',
      '1:10 : not expected here; inside { } a "${…}" cannot stand, give it a line of its own',
    ],
    ['%YAML 1.1\n---\na: 5', '1:1 : a line that begins with % is not supported; remove it'],
    ['a: 5\n---\nb: 5', '2:1 : a second document; settings are one, without "---" between'],
    ['a: !!js/function b', '1:4 : a tag (!name) that is not supported; remove it'],
    ['a: *b', '1:4 a: an alias (*name) without an anchor (&name) before it'],
    ['a: b\0', '1:5 : a NUL character; save the file as text in UTF-8'],
    ['a: b\u001b[2J', '1:5 : the control character U+001B; remove it'],
    ['a: b\rc: d', '1:5 : a carriage return without a line feed; save the file with LF or CRLF line ends'],
  ])('%o', (text, message) => {
    expect(messages(text)).toContain(message);
  });
});
