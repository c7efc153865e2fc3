import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { parseSettings, settingsJsonSchema } from '@lifeguard/config';
import { ManualClock } from '@lifeguard/core/testing';
import { FakePool } from '../../test/fake-pool.ts';
import { ORPHANS_RULE } from './orphans-rule.ts';
import { POOL_RULES } from './pool-rules.ts';
import { resolveAlertOptions } from './alert-options.ts';
import { watchAlerts } from './alerts.ts';
import { resolveWebhook } from './webhook-options.ts';

const properties = (settingsJsonSchema()['properties'] as Record<string, Record<string, object>>)['alerts']?.[
  'properties'
] as Record<string, { default?: unknown }>;

test('the defaults that a settings file tells are those that are in force', () => {
  const lines = Object.entries(properties)
    .filter(([, key]) => key.default !== undefined)
    .map(([name, key]) => `  ${name}: ${String(key.default)}\n`);
  const { alerts } = parseSettings(`alerts:\n${lines.join('')}  webhook_url: https://example.com\n`);
  const { rules, webhook, enabled, ...numbers } = alerts;
  expect(enabled).toBe(true);
  expect(resolveAlertOptions({})).toMatchObject(numbers);
  for (const { id, limits } of [...POOL_RULES, ORPHANS_RULE])
    expect([id, limits]).toMatchObject([id, rules?.[id]]);
  const clock = new ManualClock();
  const logger = { warn: () => undefined, error: () => undefined };
  const { format, timeoutMs } = resolveWebhook({ url: 'https://example.com' }, { clock, logger });
  expect([webhook?.format, webhook?.timeoutMs]).toEqual([format, timeoutMs]);
});

test('alerts take what a settings file says, the webhook with its secret included', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { alerts: settings } = parseSettings(
    'alerts:\n  leaks: 1\n  webhook_url: ${HOOK}\n  webhook_secret: ${KEY}\n',
    { env: { HOOK: `http://127.0.0.1:${port}/hook`, KEY: 'shared' } },
  );
  const pool = new FakePool();
  pool.show({ suspected: 2 });
  const asked = once(server, 'request');
  const clock = new ManualClock();
  using alerts = watchAlerts({ ...settings, pools: [pool], clock });
  await clock.advance(5_000);
  const [request, response] = await asked;
  response.end();
  expect(request).toMatchObject({ url: '/hook', headers: { 'x-lifeguard-signature': expect.any(String) } });
  expect(await alerts.flush(5_000)).toBe(0);
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

test('a settings file switches alerts off', () => {
  const pool = new FakePool();
  using _alerts = watchAlerts({ ...parseSettings('alerts: { enabled: false }').alerts, pools: [pool] });
  expect(pool.glances).toBe(0);
});
