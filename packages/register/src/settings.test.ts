import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { applicationName } from './application-name.ts';
import { isEnabled } from './is-enabled.ts';
import { poolName } from './pool-name.ts';
import { readSettings } from './settings.ts';

test('without variables everything is as a pool has it', () => {
  expect(readSettings({})).toEqual({
    name: undefined,
    allow: [],
    leakThresholdMs: undefined,
    isQuiet: false,
    problems: [],
  });
});

test('each variable is read, with blanks around it', () => {
  const settings = readSettings({
    LIFEGUARD_NAME: ' shop ',
    LIFEGUARD_ALLOW: 'reclaim, evict',
    LIFEGUARD_LEAK_THRESHOLD: '1.5s',
    LIFEGUARD_LOG: 'off',
  });
  expect(settings).toEqual({
    name: 'shop',
    allow: ['reclaim', 'evict'],
    leakThresholdMs: 1_500,
    isQuiet: true,
    problems: [],
  });
});

test('what is not understood counts as not set, and is not repeated', () => {
  const { problems, ...settings } = readSettings({
    LIFEGUARD_NAME: 'a\nb',
    LIFEGUARD_ALLOW: 'evict,secret',
    LIFEGUARD_LEAK_THRESHOLD: '0s',
    LIFEGUARD_LOG: 'secret',
  });
  expect(settings).toEqual({ name: undefined, allow: [], leakThresholdMs: undefined, isQuiet: false });
  expect(problems).toHaveLength(4);
  expect(problems.join()).not.toContain('secret');
});

test('it is on unless it is told otherwise', () => {
  for (const off of ['0', 'false', 'No', ' off ']) expect(isEnabled({ LIFEGUARD_ENABLED: off })).toBe(false);
  for (const on of [undefined, '', '1', 'true']) expect(isEnabled({ LIFEGUARD_ENABLED: on })).toBe(true);
});

test('an application is called as its package, or as its file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'lg-name-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const main = join(directory, 'dist', 'server.mjs');
  mkdirSync(join(directory, 'dist'));
  writeFileSync(main, '');
  writeFileSync(join(directory, 'dist', 'package.json'), '{ "type": "module" }');
  writeFileSync(join(directory, 'package.json'), '{ "name": "@shop/orders" }');
  expect(applicationName(main)).toBe('@shop/orders');
  writeFileSync(join(directory, 'package.json'), 'no json');
  // What `node -e` has there is an argument, and may be a secret.
  expect(applicationName(join(directory, 'gone.js'))).toBe('node');
  expect(applicationName(undefined)).toBe('node');
  expect(applicationName('/a\u202eb.js')).toBe('node');
});

test('a pool is called by its database, and never by what may be part of a password', () => {
  const none = new Set<string>();
  expect(poolName({ options: { database: 'shop' } }, none)).toBe('shop');
  expect(poolName({ options: { connectionString: 'postgres://u:p@host/orders?x=1' } }, none)).toBe('orders');
  expect(poolName({ options: { connectionString: 'postgres://u:12/secret@host/orders' } }, none)).toBe(
    'main',
  );
  expect(poolName({ options: { connectionString: 'not an address' } }, none)).toBe('main');
  expect(poolName({}, new Set(['main', 'main-2']))).toBe('main-3');
});
