import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSettings } from './parse-settings.ts';

const secret = 'hunter2';
const url = `postgres://joe:${secret}@db:5432/app?sslmode=require&sslpassword=${secret}`;
const shown = 'postgres://joe:***@db:5432/app?sslmode=require&sslpassword=***';

/** Everything that could be printed of an error. */
function printed(text: string, env: Record<string, string> = {}): string {
  try {
    parseSettings(text, { env });
  } catch (error) {
    return [inspect(error, { depth: 9, showHidden: true }), String(error), JSON.stringify(error)].join('\n');
  }
  throw new Error('expected an error');
}

describe('settings with a password', () => {
  const settings = parseSettings('', { env: { DATABASE_URL: url } });

  test('give the whole URL to who asks for it', () => {
    expect(settings.database.url).toBe(url);
  });

  test.each([
    ['JSON', (value: unknown) => JSON.stringify(value)],
    ['inspect', (value: unknown) => inspect(value, { depth: 9, showHidden: true, getters: false })],
    ['a copy', (value: unknown) => inspect(structuredClone({ ...(value as object) }), { depth: 9 })],
  ])('do not show it as %s', (_name, print) => {
    expect(print(settings)).not.toContain(secret);
    expect(print({ ...settings, database: Object.assign({}, settings.database) })).not.toContain(secret);
  });

  test('show where the database is', () => {
    expect(JSON.stringify(settings)).toContain(`"url":"${shown}"`);
    expect(inspect(settings)).toContain(`url: '${shown}'`);
  });
});

describe('an error never shows a password', () => {
  test.each([
    ['of a URL with the wrong scheme', `providers: { database: { url: "mysql://joe:${secret}@db" } }`],
    ['of a URL that cannot be read', `providers:\n  database:\n    url: postgres://joe:1/${secret}@db\n`],
    ['of a URL that is none', `providers:\n  database:\n    url: ${secret}\n`],
    ['in a URL under a wrong key', `providers:\n  database:\n    ulr: ${url}\n`],
    ['in a URL under another key', `providers:\n  database:\n    pool_size: ${url}\n`],
    ['in a URL as a section', `providers:\n  database: ${url}\n`],
    ['under an unknown key', `providers:\n  database:\n    password: ${secret}\n`],
    ['under a mistyped key', `providers:\n  database:\n    passwrod: ${secret}\n`],
    ['behind a syntax error', `providers:\n  database:\n    url: "${url}\n    pool_size: 5\n`],
    ['before a syntax error', `providers:\n  database:\n    password: "\\q${secret}"\n`],
    ['in a block', `providers:\n  database:\n    password: |\n      ${secret}\n  x\n`],
    ['in two lines', `providers:\n  database:\n    password: "a\n      ${secret} \\q"\n`],
    ['that looks like an alias', `providers:\n  database:\n    password: *${secret}\n`],
    ['that looks like a tag', `providers:\n  database:\n    password: !${secret}\n`],
    ['that looks like a directive', `%${secret}\n---\n`],
    ['in a default', `providers:\n  database:\n    url: \${A:-${url}\n`],
    ['of a duplicate', `providers:\n  database:\n    url: ${url}\n    url: ${url}\n`],
    ['in one line', `providers: { database: { password: ${secret}, pool_size: 0 } }`],
    ['that a misplaced colon made a key', `providers:\n  database:\n    ${url} name: a\n`],
    ['in a comment', `providers:\n  database:\n    pool_size: 0 # ${secret}\n`],
  ])('%s', (_name, text) => {
    expect(printed(text)).not.toContain(secret);
  });

  test.each([
    ['a URL', { DATABASE_URL: `mysql://joe:${secret}@db` }, ''],
    ['a wrong variable', { DB_PASSWORD: secret }, 'providers:\n  database:\n    pool_size: ${DB_PASSWORD}\n'],
    ['a wrong URL', { DB: `x://${secret}` }, 'providers:\n  database:\n    pool_size: ${DB}\n'],
  ])('of the environment: %s', (_name, env, text) => {
    expect(printed(text, env)).not.toContain(secret);
  });

  test('wherever the file breaks off or is damaged', () => {
    const text = `providers:\n  database:\n    url: "${url}"\n    password: '${secret}'\n    pool_size: 0\n`;
    const damage = fc.constantFrom(
      '"',
      "'",
      '\t',
      '{',
      '[',
      ': ',
      '\n',
      '\n ',
      '*',
      '&',
      '!',
      '@',
      '#',
      '\\',
      '-',
    );
    fc.assert(
      fc.property(fc.nat(text.length), damage, fc.nat(3), (at, character, removed) => {
        const damaged = text.slice(0, at) + character + text.slice(at + removed);
        let output = '';
        try {
          parseSettings(damaged);
        } catch (error) {
          output = inspect(error, { depth: 9 });
        }
        expect(output).not.toContain(secret);
      }),
      { numRuns: 2_000 },
    );
  });
});
