import { limitOrOff, percentOrOff, secretText, webUrl } from './alert-kinds.ts';
import { WebhookSettings } from './alert-settings.ts';
import type { AlertRuleName, AlertSettings } from './alert-settings.ts';
import { choice, count, duration, flag } from './kind.ts';
import type { Kind } from './kind.ts';
import type { TableKey } from './table-key.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** One key of the section `alerts`, and where its value goes. */
export interface AlertKey extends TableKey {
  readonly target:
    | { readonly of: 'alerts'; readonly option: keyof AlertSettings }
    | { readonly of: 'webhook'; readonly option: keyof WebhookSettings }
    | { readonly of: 'above' | 'forMs'; readonly rule: AlertRuleName };
}

type Fallback = TableKey['fallback'];

function option<Option extends keyof AlertSettings>(
  name: Option,
  kind: Kind<NonNullable<AlertSettings[Option]>>,
  fallback: Fallback,
  description: string,
): AlertKey {
  return { ...kind, target: { of: 'alerts', option: name }, fallback, description };
}

function webhook<Option extends Exclude<keyof WebhookSettings, 'toJSON'>>(
  name: Option,
  kind: Kind<NonNullable<WebhookSettings[Option]>>,
  fallback: Fallback,
  description: string,
): AlertKey {
  return { ...kind, target: { of: 'webhook', option: name }, fallback, description };
}

function above(
  rule: AlertRuleName,
  kind: Kind<number | false>,
  fallback: Fallback,
  description: string,
): AlertKey {
  return { ...kind, target: { of: 'above', rule }, fallback, description };
}

function lasting(rule: AlertRuleName, fallback: Fallback, description: string): AlertKey {
  return { ...duration(0, 24 * HOUR), target: { of: 'forMs', rule }, fallback, description };
}

/** Where the keys of {@link ALERT_KEYS} stand. */
export const ALERTS_PATH: readonly string[] = ['alerts'];

/** The keys of `alerts`: the only place that says what they are. */
export const ALERT_KEYS: Readonly<Record<string, AlertKey>> = {
  enabled: option('enabled', flag(), true, 'Whether watchAlerts(settings.alerts) watches anything.'),
  usage_high: above('usage-high', percentOrOff(), 80, 'Alert when more of all connections are in use.'),
  usage_high_for: lasting('usage-high', '2m', 'For so long.'),
  saturated: above(
    'saturated',
    limitOrOff(0, 10_000),
    0,
    'Alert when more callers wait while all connections are in use.',
  ),
  saturated_for: lasting('saturated', '1m', 'For so long.'),
  acquire_timeouts: above(
    'acquire-timeouts',
    limitOrOff(0, 100_000),
    0,
    'Alert when more callers in a minute got no connection in time.',
  ),
  wait_high: above(
    'wait-high',
    percentOrOff(),
    50,
    'Alert when one of twenty acquires waits for more of pool_timeout.',
  ),
  connect_failures: above(
    'connect-failures',
    limitOrOff(0, 100_000),
    3,
    'Alert when more attempts to connect fail in a minute.',
  ),
  leaks: above('leaks', limitOrOff(0, 10_000), 5, 'Alert when more leases are suspected of being leaked.'),
  orphans: above(
    'orphans',
    limitOrOff(0, 10_000),
    0,
    'Alert when more backends of processes that are gone are found.',
  ),
  interval: option('intervalMs', duration(SECOND, 5 * MINUTE), '5s', 'How often pools are looked at.'),
  quiet: option(
    'quietMs',
    duration(0, 24 * HOUR),
    '5m',
    'Between two notifications of the same rule and pool.',
  ),
  remind: option(
    'remindMs',
    duration(MINUTE, 720 * HOUR, { never: true }),
    '1h',
    'When what goes on is told again.',
  ),
  max_per_minute: option(
    'maxPerMinute',
    count(1, 1_000),
    20,
    'Notifications in a minute, over all rules and pools.',
  ),
  webhook_url: webhook('url', webUrl(), undefined, 'Where they are posted to. Left out, nowhere.'),
  webhook_format: webhook(
    'format',
    choice('json', 'slack'),
    'json',
    'Whether they are posted as data, or as a text for Slack.',
  ),
  webhook_secret: webhook(
    'secret',
    secretText(1_000),
    undefined,
    'With which requests are signed. Left out, they are not.',
  ),
  webhook_timeout: webhook('timeoutMs', duration(10, MINUTE), '5s', 'How long one attempt to post may take.'),
};

/** What the section says, as options. `values` are by key, checked and converted. */
export function alertSettings(values: Readonly<Record<string, unknown>>): AlertSettings {
  const parts = { alerts: empty(), webhook: empty(), rules: empty() };
  for (const [name, { target }] of Object.entries(ALERT_KEYS)) {
    const value = values[name];
    if (value === undefined) continue;
    if (target.of === 'alerts' || target.of === 'webhook') parts[target.of][target.option] = value;
    // A rule that is switched off stays so, whatever else is said of it.
    else if (target.of === 'above' && value === false) parts.rules[target.rule] = false;
    else if (parts.rules[target.rule] !== false)
      parts.rules[target.rule] = Object.freeze({ ...Object(parts.rules[target.rule]), [target.of]: value });
  }
  const { rules, webhook: posted } = parts;
  if (Object.keys(rules).length > 0) parts.alerts['rules'] = Object.freeze(rules);
  // The table binds each kind to the type of its option.
  if (posted['url'] !== undefined) parts.alerts['webhook'] = new WebhookSettings(posted as never);
  return Object.freeze(parts.alerts);
}

function empty(): Record<string, unknown> {
  return Object.create(null);
}
