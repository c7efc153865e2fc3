import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { Pool } from '@lifeguard/core';
import { resolvePoolOptions } from '@lifeguard/core/adapter';
import type { PoolOptions } from '@lifeguard/core';
import { FakeConnector } from '@lifeguard/core/testing';
import { describe, expect, test } from 'vitest';
import { DATABASE_KEYS } from './database-keys.ts';
import { parseSettings } from './parse-settings.ts';

const ONLY_PG: ReadonlySet<string> = new Set([
  'serverLimits',
  'connectionCheckMs',
  'tagApplicationName',
  'sessionState',
  'pooler',
]);
const keys = Object.entries(DATABASE_KEYS);
/** Those of `@lifeguard/pg` are checked there, by the types of the example. */
const ofCore = keys.filter(([, { option }]) => !ONLY_PG.has(String(option)));

test('every default that is told is the one that the pool has', async () => {
  const pool = new Pool(new FakeConnector());
  for (const [name, { option, fallback }] of ofCore) {
    if (option === undefined || fallback === undefined) continue;
    const text = `providers:\n  database:\n    ${name}: ${fallback}\n`;
    const { [option as keyof PoolOptions]: told } = resolvePoolOptions(parseSettings(text).database.pool);
    expect([name, told]).toEqual([name, pool.options[option as keyof PoolOptions]]);
  }
  await pool.close();
});

test('the pool takes everything that a key may hold at its limits', async () => {
  for (const [name, { option, range }] of ofCore) {
    const [least, most] = range.split(', or')[0]?.split(' to ') ?? [];
    if (option === undefined || most === undefined) continue;
    for (const value of [least, most]) {
      const text = `providers:\n  database:\n    pool_size: 10000\n    max_overflow: 10000\n    ${name}: ${value}\n`;
      const file = ['pool_size', 'max_overflow'].includes(name)
        ? text.replace(/ {4}\w+: 10000\n/g, '')
        : text;
      const pool = new Pool(new FakeConnector(), { ...parseSettings(file).database.pool, minIdle: 0 });
      await pool.close();
    }
  }
});

describe('the README', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```yaml\n([^`]+)```/.exec(readme)?.[1] ?? '';

  test('has every key with its range, default and description', () => {
    const rows = keys.map(
      ([name, { range, fallback, description }]) =>
        `| \`${name}\` | ${range} | ${fallback === undefined ? '' : `\`${fallback}\``} | ${description} |`,
    );
    expect(readme).toContain(rows.join('\n'));
  });

  test('shows what its example gives', () => {
    const { database, origins } = parseSettings(example, {
      env: { DATABASE_URL: 'postgres://app:pw@db/app' },
    });
    expect(readme).toContain(
      `database.pool; // ${JSON.stringify(database.pool)
        .replaceAll('"', '')
        .replaceAll(/[:,]/g, '$& ')
        .replace(/^{(.*)}$/, '{ $1 }')}`,
    );
    expect(readme).toContain(`// '${origins['providers.database.pool_size']}'`);
    expect(readme).toContain(inspect(database).match(/url: '.*'/)?.[0]);
  });

  test('shows what an error looks like', () => {
    const wrong = example
      .replace('pool_size', 'pool_sise')
      .replace(/max_overflow.*\n +/, '')
      .replace('30s', '30000');
    const parse = () => parseSettings(wrong, { env: { DATABASE_URL: 'postgres://app:pw@db/app' } });
    const shown = /```\nLifeguardError \[LG_INVALID_SETTINGS\]: ([^]+?)\n```/.exec(readme)?.[1] ?? '';
    expect(parse).toThrow(expect.objectContaining({ message: shown }));
  });
});
