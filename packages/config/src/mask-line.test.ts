import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskLine } from './mask-line.ts';

test.each([
  ['    pool_size: 20', '    pool_size: 20'],
  ['    pool_size: abc # why not', '    pool_size: abc'],
  ['    pool_size 20', '    pool_size 20'],
  ['    name: "billing"', '    name: "billing"'],
  ['  database:', '  database:'],
  ['    url: ${DATABASE_URL}', '    url: ${DATABASE_URL}'],
  ['    idle_timeout: ${IDLE:-never}', '    idle_timeout: ${IDLE:-never}'],
])('%s is shown as %o', (line, shown) => {
  expect(maskLine(line, false)).toBe(shown);
});

test.each([
  ['    url: postgres://joe:hunter2@h/d', '    url: ***'],
  ['    url: ${DB:-postgres://joe:hunter2@h/d}', '    url: ***'],
  ['    url:hunter2', '    ***'],
  ['    name: postgres://joe:hunter2@h/d', '    name: ***'],
  ['    name url: "postgres"//joe:hunter2@h/d"', '    name ***'],
  ['    pool_size: 5 password: hunter2', '    pool_size: ***'],
  ['    password: hunter2', '    ***'],
  ['  hunter2', '  ***'],
  ['- hunter2', '- ***'],
  ['  "hunter2', '  "***'],
  ['providers: { database: { password: hunter2 } }', 'providers: ***'],
  ['# password: hunter2', ''],
])('%s is shown as %o', (line, shown) => {
  expect(maskLine(line, false)).toBe(shown);
});

test.each([
  ['    pool_sise: 20', '    pool_sise: 20'],
  ['    poolTimeout: 30s', '    poolTimeout: 30s'],
  ['    pool_sise: hunter2', '    pool_sise: ***'],
  ['    password: 1234', '    password: ***'],
  ['    ulr: 1234', '    ulr: ***'],
  ['    databse:', '    databse:'],
])('with its key as the topic, %s is shown as %o', (line, shown) => {
  expect(maskLine(line, true)).toBe(shown);
});

test('a value under a key that nobody knows never shows', () => {
  const key = fc.stringMatching(/^[a-z_]{1,20}$/).map((name) => `x${name}`);
  const value = fc.string({ unit: 'grapheme' }).map((text) => `secret${text.replaceAll('#', '')}`);
  fc.assert(
    fc.property(key, fc.constantFrom(': ', ':', ' : ', ': "', ': |'), value, fc.boolean(), (...parts) => {
      const [name, colon, text, showKey] = parts;
      expect(maskLine(`  ${name}${colon}${text}`, showKey)).not.toContain('secret');
    }),
  );
});

test('a line of a quarter of a million blanks takes no time', () => {
  const startedAt = performance.now();
  maskLine(`pool_sise:${' '.repeat(250_000)}x`, true);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
