import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ALERT_KEYS } from './alert-keys.ts';
import { DATABASE_KEYS } from './database-keys.ts';
import { explainSettings } from './explain-settings.ts';
import type { ExplainedSetting } from './explain-settings.ts';
import type { Environment } from './substitute.ts';

async function explain(text: string, env: Environment = {}): Promise<readonly ExplainedSetting[]> {
  const cwd = mkdtempSync(join(tmpdir(), 'lifeguard-config-'));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, 'settings.yaml'), text);
  return explainSettings(undefined, { cwd, env });
}

async function explainOne(key: string, value: string, env: Environment = {}): Promise<ExplainedSetting> {
  const all = await explain(`providers:\n  database:\n    ${key}: ${value}\n`, env);
  const found = all.find((each) => each.key === key);
  if (found === undefined) throw new Error(`there is no ${key}`);
  return found;
}

test('every key is there with its default where nothing is set', async () => {
  const all = await explain('');
  expect(all.map(({ section, key }) => `${section}.${key}`)).toEqual([
    ...Object.keys(DATABASE_KEYS).map((key) => `providers.database.${key}`),
    ...Object.keys(ALERT_KEYS).map((key) => `alerts.${key}`),
  ]);
  for (const { value, fallback, origin } of all)
    expect({ value, origin }).toEqual({ value: fallback, origin: { kind: 'default' } });
});

test('of alerts, shares are shown as percent and secrets not at all', async () => {
  const secret = 'T0CANARY/B0/x';
  const all = await explain(
    `alerts: { usage_high: 70, wait_high: false, webhook_url: 'https://hooks.example.com/${secret}', webhook_secret: ${secret} }`,
  );
  const shown = Object.fromEntries(all.map(({ key, value }) => [key, value]));
  expect(shown).toMatchObject({
    usage_high: 70,
    wait_high: false,
    webhook_url: 'https://hooks.example.com/***',
    webhook_secret: '***',
  });
  expect(JSON.stringify(all)).not.toContain('CANARY');
});

test('a value is shown with its place, and with the variables that it was made from', async () => {
  expect(await explainOne('pool_size', '${SIZE}', { SIZE: '7' })).toEqual({
    section: 'providers.database',
    key: 'pool_size',
    option: 'size',
    value: 7,
    fallback: 20,
    origin: { kind: 'file', file: 'settings.yaml', line: 3, column: 16, variables: ['SIZE'] },
    description: 'Connections that are kept once opened.',
  });
});

test.each([
  ['pool_timeout', '30', '30s'],
  ['leak_threshold', '1.5h', '90m'],
  ['overflow_linger', '1500ms', '1500ms'],
  ['keepalive', '0', '0'],
  ['pool_recycle', '-1', -1],
  ['retry_connect', 'false', false],
  ['reclaim', 'always', 'always'],
] as const)('%s: %s is shown as it would be written', async (key, written, shown) => {
  expect((await explainOne(key, written)).value).toBe(shown);
});

test('every default reads as a value of the file that says the same', async () => {
  for (const [key, { fallback, write }] of Object.entries(DATABASE_KEYS)) {
    if (fallback === undefined) continue;
    const { value } = await explainOne(key, String(fallback));
    expect([key, value]).toEqual([key, fallback]);
    expect(write === undefined || typeof fallback === 'string').toBe(true);
  }
});

test('the URL has no password, wherever it comes from', async () => {
  const url = 'postgres://app:LgCanary9@db/shop?sslpassword=LgCanary9';
  const shown = 'postgres://app:***@db/shop?sslpassword=***';
  const ofFile = await explainOne('url', '${DATABASE_URL}', { DATABASE_URL: url });
  expect(ofFile).toMatchObject({ value: shown, origin: { kind: 'file', variables: ['DATABASE_URL'] } });
  const [ofEnvironment] = await explain('', { DATABASE_URL: url });
  expect(ofEnvironment).toMatchObject({
    value: shown,
    origin: { kind: 'environment', variable: 'DATABASE_URL' },
  });
  expect(JSON.stringify([ofFile, ofEnvironment])).not.toContain('LgCanary9');
});

test('a text that may be a secret is hidden', async () => {
  expect((await explainOne('name', 'orders')).value).toBe('orders');
  expect((await explainOne('name', '"${APP}"', { APP: 'orders' })).value).toBe('orders');
  expect((await explainOne('name', '"${DB_PASSWORD}"', { DB_PASSWORD: 'LgCanary9' })).value).toBe('***');
  expect((await explainOne('tenant_tag', 'app:LgCanary9@db')).value).toBe('***');
});

test('what is wrong is told as loadSettings tells it', async () => {
  await expect(explain('providers: { database: { pool_sise: 5 } }')).rejects.toMatchObject({
    code: 'LG_INVALID_SETTINGS',
    problems: [{ line: 1, suggestion: 'pool_size' }],
  });
  await expect(explainSettings('/nowhere.yaml')).rejects.toThrow('cannot read /nowhere.yaml');
});
