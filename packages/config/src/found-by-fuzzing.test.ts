// What the properties of hostile-input.test.ts found once in thousands of texts, so that it is tried each time.

import { expect, test } from 'vitest';
import { parseSettings } from './parse-settings.ts';
import { SettingsError } from './settings-error.ts';

const SECRET = 'Canary7secret';

function refusal(text: string): string {
  try {
    parseSettings(text, { env: {} });
    return '';
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
}

test.each([
  ['a part of an address that has become a key', `provider/me:${SECRET}: 1\n`],
  ['an address that has', `postgres://me:${SECRET}@db/shop: 1\n`],
  [
    'what is left of an address behind another key',
    `providers: { database: { reclaim: "//me:${SECRET}@db" } }`,
  ],
  ['what is left of it without a host', `providers: { database: { reclaim: "me:${SECRET}" } }`],
])('%s is not shown', (_what, text) => {
  expect(refusal(text)).toMatch(/unknown key|expected/);
  expect(refusal(text)).not.toContain(SECRET);
});

test.each([
  ['name: { constructor: { name: {} } }', 'unknown key'],
  ['providers: { database: { pool_size: { constructor: { name: {} } } } }', 'expected'],
  ['[{ constructor: { name: {} } }]', 'settings.yaml'],
])('a key that every object has by itself is a key like any other: %s', (text, said) => {
  expect(refusal(text)).toContain(said);
});
