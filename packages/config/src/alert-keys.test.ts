import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ALERT_KEYS } from './alert-keys.ts';
import { parseSettings } from './parse-settings.ts';
import { SettingsError } from './settings-error.ts';
import { settingsJsonSchema } from './settings-json-schema.ts';

const SECRET = 's3cr3t';
const HOOK = `https://hooks.example.com/T0/${SECRET}?key=${SECRET}`;

const alerts = (lines: readonly string[], env: Record<string, string> = {}) =>
  parseSettings(['alerts:', ...lines.map((line) => `  ${line}`), ''].join('\n'), { env });

function problemsOf(lines: readonly string[], env: Record<string, string> = {}): SettingsError {
  try {
    alerts(lines, env);
  } catch (error) {
    if (error instanceof SettingsError) return error;
  }
  throw new Error('expected a SettingsError');
}

describe('the section alerts', () => {
  test('becomes options of watchAlerts: only what the file sets, frozen', () => {
    const settings = alerts([
      'usage_high: 90',
      'usage_high_for: 5m',
      'saturated_for: 30s',
      'leaks: false',
      'interval: 10s',
      'remind: -1',
    ]).alerts;
    expect(settings).toEqual({
      intervalMs: 10_000,
      remindMs: Infinity,
      rules: {
        'usage-high': { above: 0.9, forMs: 300_000 },
        saturated: { forMs: 30_000 },
        leaks: false,
      },
    });
    expect(Object.isFrozen(settings) && Object.isFrozen(settings.rules)).toBe(true);
    expect(parseSettings('').alerts).toEqual({});
    expect(parseSettings('alerts:\n').alerts).toEqual({});
  });

  test('switches a rule off for good, whatever is said of its time', () => {
    expect(alerts(['usage_high: false', 'usage_high_for: 5m']).alerts.rules).toEqual({ 'usage-high': false });
  });

  test('takes the address of a webhook from the environment, and says where it came from', () => {
    const { alerts: settings, origins } = alerts(
      ['webhook_url: ${HOOK}', 'webhook_format: slack', 'webhook_secret: ${KEY}', 'webhook_timeout: 2s'],
      { HOOK, KEY: SECRET },
    );
    const { webhook } = settings;
    expect([webhook?.url, webhook?.secret, webhook?.format, webhook?.timeoutMs]).toEqual([
      HOOK,
      SECRET,
      'slack',
      2_000,
    ]);
    expect(origins['alerts.webhook_url']).toBe('settings.yaml:2:16 (env HOOK)');
    expect(origins['alerts.leaks']).toBe('default');
  });

  test('makes no webhook of a format alone', () => {
    expect(alerts(['webhook_format: slack']).alerts).toEqual({});
  });

  test('shows of a webhook no more than its host', () => {
    const settings = alerts([`webhook_url: ${HOOK}`, `webhook_secret: ${SECRET}`, 'webhook_timeout: 2s']);
    for (const shown of [
      JSON.stringify(settings),
      inspect(settings, { depth: 9, showHidden: true }),
      inspect(Object.assign({}, settings.alerts.webhook), { depth: 9 }),
    ]) {
      expect(shown).not.toContain(SECRET);
    }
    expect(JSON.stringify(settings.alerts)).toBe(
      '{"webhook":{"url":"https://hooks.example.com/***","timeoutMs":2000}}',
    );
  });

  test('says what is wrong, and never shows an address or a secret', () => {
    const { message } = problemsOf(
      [
        'usage_high: 0.8',
        'wait_high: 60%',
        'leaks: off',
        'webhook_url: ${HOOK}',
        `webhook_secret: [${SECRET}]`,
        `webhook_ulr: ${HOOK}`,
      ],
      { HOOK: `ftp://${SECRET}` },
    );
    expect(message).toContain(
      'expected a whole number from 1 to 100, or false (percent), got 0.8, did you mean 80?',
    );
    expect(message).toContain('got the text "60%", did you mean 60?');
    expect(message).toContain(
      'alerts.leaks: expected a whole number from 0 to 10000, or false, got the text "off", did you mean false?',
    );
    expect(message).toContain('without user and password, got one of another kind (from env HOOK)');
    expect(message).toContain('alerts.webhook_ulr: unknown key, did you mean "webhook_url"?');
    expect(message).not.toContain(SECRET);
  });

  test.each([
    ['', 'an empty text'],
    [`https://joe:${SECRET}@example.com/`, 'one with a user or password in it'],
    [`https://exa mple/${SECRET}`, 'one that cannot be read'],
  ])('refuses an address such as %s', (url, got) => {
    const { message } = problemsOf([`webhook_url: ${JSON.stringify(url)}`]);
    expect(message).toContain(`got ${got}`);
    expect(message).not.toContain(SECRET);
  });
});

test('the README and the JSON Schema have every key of it', () => {
  const rows = Object.entries(ALERT_KEYS).map(
    ([name, { range, fallback, description }]) =>
      `| \`${name}\` | ${range} | ${fallback === undefined ? '' : `\`${fallback}\``} | ${description} |`,
  );
  expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(rows.join('\n'));
  const section = (settingsJsonSchema()['properties'] as Record<string, Record<string, object>>)['alerts'];
  expect(Object.keys(section?.['properties'] ?? {})).toEqual(Object.keys(ALERT_KEYS));
});
