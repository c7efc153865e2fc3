import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeBadUrl, isPostgresUrl, redactUrl } from './postgres-url.ts';

test.each([
  ['postgres://user:hunter2@host/db', 'postgres://user:***@host/db'],
  [
    'postgresql://user:hunter2@host:5432/db?sslmode=require',
    'postgresql://user:***@host:5432/db?sslmode=require',
  ],
  ['postgres://user:hun%40ter2@[::1]:5432/db', 'postgres://user:***@[::1]:5432/db'],
  ['postgres://host/db?user=joe&password=hunter2', 'postgres://host/db?user=***&password=***'],
  ['postgres://joe:hunter2@/db?host=/var/run', 'postgres://joe:***@/db?host=%2Fvar%2Frun'],
  ['postgres:///db', 'postgres:///db'],
  ['postgres://host', 'postgres://host'],
])('%s is a URL of PostgreSQL and shown as %s', (url, shown) => {
  expect(isPostgresUrl(url)).toBe(true);
  expect(redactUrl(url)).toBe(shown);
});

test.each([
  ['', 'an empty text'],
  ['hunter2', 'a text without a scheme'],
  ['mysql://user:hunter2@host/db', 'a URL with the scheme "mysql"'],
  ['postgres://user:hunter2@host/d b', 'one with a space or line break in it'],
  ['postgres://user:hunter2@host/db\n', 'one with a space or line break in it'],
  [
    'postgres://user:12/hunter2@host/db',
    'one that cannot be read (in a password, write @ : / ? # % percent-encoded)',
  ],
  [
    'postgres://user:12#hunter2@host/db',
    'one that cannot be read (in a password, write @ : / ? # % percent-encoded)',
  ],
  [
    'postgres://user:hunter2#@host/db',
    'one that cannot be read (in a password, write @ : / ? # % percent-encoded)',
  ],
  [
    'postgres://user:hunter2@host:99999/db',
    'one that cannot be read (in a password, write @ : / ? # % percent-encoded)',
  ],
])('%o is refused, since it is %s', (url, reason) => {
  expect(isPostgresUrl(url)).toBe(false);
  expect(describeBadUrl(url)).toBe(reason);
  expect(redactUrl(url)).toBe('***');
});

test('a password never shows, whatever it is made of', () => {
  const password = fc.string({ unit: 'grapheme', minLength: 4 }).map((text) => `pw${text}pw`);
  fc.assert(
    fc.property(password, fc.boolean(), (text, encoded) => {
      const shown = redactUrl(`postgres://joe:${encoded ? encodeURIComponent(text) : text}@host/db`);
      expect(shown).not.toContain('pw');
    }),
  );
});
