import { isLifeguardError } from '@lifeguard/core';
import { expect, test } from 'vitest';
import { parseSettings } from './parse-settings.ts';
import { SettingsError } from './settings-error.ts';

function errorOf(text: string, file?: string): SettingsError {
  try {
    parseSettings(text, file === undefined ? {} : { file });
  } catch (error) {
    if (error instanceof SettingsError) return error;
  }
  throw new Error('expected a SettingsError');
}

const wrong = `providers:
  database:
    url: postgres://joe:hunter2@db/app
    pool_sise: 20
    pool_timeout: 30000   # half a minute
    min_idle: 100
`;

test('an error shows all problems, each with its line and a caret', () => {
  expect(errorOf(wrong).message).toBe(
    `
settings.yaml has 3 problems
  problems  settings.yaml:4:5 providers.database.pool_sise: unknown key, did you mean "pool_size"?
                4 |     pool_sise: 20
                  |     ^
            settings.yaml:5:19 providers.database.pool_timeout: expected a duration from 1ms to 1h such as 30s or 5m (a bare number is seconds), got 30000, did you mean 30000ms?
                5 |     pool_timeout: 30000
                  |                   ^
            settings.yaml:6:15 providers.database.min_idle: expected at most pool_size + max_overflow (20 + 40), got 100
                6 |     min_idle: 100
                  |               ^
  more      npx -p @lifeguard/cli lifeguard explain LG_INVALID_SETTINGS
`.trim(),
  );
});

test('an error has the problems as data', () => {
  const error = errorOf(wrong);
  expect(isLifeguardError(error, 'LG_INVALID_SETTINGS')).toBe(true);
  expect(error.problems[0]).toEqual({
    file: 'settings.yaml',
    line: 4,
    column: 5,
    path: 'providers.database.pool_sise',
    message: 'unknown key, did you mean "pool_size"?',
    suggestion: 'pool_size',
  });
  expect(error.problems.map(({ suggestion }) => suggestion)).toEqual(['pool_size', '30000ms', undefined]);
  expect(Object.isFrozen(error.problems)).toBe(true);
});

test('an error names the file as its reader did', () => {
  expect(errorOf('a: 5', 'config/prod.yaml').message).toContain('config/prod.yaml:1:1 a: unknown key');
});

test('a hundred problems are counted, and the first fifty told', () => {
  const error = errorOf(Array.from({ length: 100 }, (_, index) => `k${index}: 0`).join('\n'));
  expect(error.problems).toHaveLength(50);
  expect(error.summary).toBe('settings.yaml has 100 problems');
  expect(error.message).toContain('and 50 more');
});

test('a place far out in a long line is shown with what is around it', () => {
  const { message } = errorOf(`providers:\n  database:\n    name: "${'x'.repeat(200)}\${NONE}"\n`);
  expect(message).toContain(`3 | …${'x'.repeat(60)}\${NONE}"\n`);
  expect(message).toContain(`|${' '.repeat(62)}^`);
});

test('a message has no character that moves the cursor or begins a line of its own', () => {
  const { message } = errorOf(
    '"\\e[2J\\n\\u2028\\u202e": "\\e"\nproviders:\n  database:\n    name: ["\u202e\u2028"]',
  );
  expect(message.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});
