import { InvalidOptionError, systemClock } from '@lifeguard/core';
import { processWarningLogger } from '@lifeguard/core/adapter';
import type { Clock, LivePool, Logger } from '@lifeguard/core';
import type { AlertNotification } from './alert.ts';
import { ALERT_RULE_IDS } from './alert-limits.ts';
import type { AlertRuleId, AlertRuleOptions } from './alert-limits.ts';
import type { AlertSink } from './alert-sink.ts';
import { checkNumber, refuseUnknown } from '../check-options.ts';
import type { WebhookOptions } from './webhook-options.ts';

/** The pools to watch; a function is asked at each look, so that it may know of pools that come and go. */
export type AlertPools = Iterable<LivePool> | (() => Iterable<LivePool>);

/** How pools are watched, and who is told. */
export interface AlertOptions {
  /** @default true. `false`: nothing is watched; for settings that come from elsewhere */
  readonly enabled?: boolean;
  /** A hundred at most. @default all pools of this process that have been made and not been closed */
  readonly pools?: AlertPools;
  /** Other limits for a rule, or `false` to switch it off. Their defaults are in `docs/alerts.md`. */
  readonly rules?: Readonly<Partial<Record<AlertRuleId, AlertRuleOptions>>>;
  /** Told of each. What it throws, or rejects, is logged once a minute and changes nothing. */
  readonly onAlert?: (notification: AlertNotification) => unknown;
  /** @default none; without `onAlert` and `webhook` as well, alerts go to `logger` */
  readonly sinks?: readonly AlertSink[];
  /** As `webhookSink(webhook)` among the sinks. */
  readonly webhook?: WebhookOptions;
  /**
   * How many backends on the server belong to processes that are gone, such as `async () => (await findOrphans(pool)).length`.
   * Asked at most once a minute, and never again before it has answered.
   * @default none: the rule `orphans` has nothing to look at
   */
  readonly orphans?: () => Promise<number>;
  /** Milliseconds between two looks. @default 5000 — a look costs microseconds, and no rule is quicker than a minute */
  readonly intervalMs?: number;
  /** Milliseconds between two notifications of the same rule and pool. @default 300000 — what flaps is told twice in ten minutes */
  readonly quietMs?: number;
  /** Milliseconds after which an alert that goes on is told again; `Infinity`: never. @default 3600000 */
  readonly remindMs?: number;
  /** Notifications within a minute, over all rules and pools; the last one stands for all that would be more. @default 20 */
  readonly maxPerMinute?: number;
  /** @default the system's clock */
  readonly clock?: Clock;
  /** @default process.emitWarning */
  readonly logger?: Logger;
}

/** Options that have a default. */
type Settled = 'intervalMs' | 'quietMs' | 'remindMs' | 'maxPerMinute' | 'clock' | 'logger' | 'rules';

/** All of them, with their defaults, checked. */
export type ResolvedAlertOptions = Omit<AlertOptions, Settled> & Required<Pick<AlertOptions, Settled>>;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Default, least, most, and whether `Infinity` will do. */
const NUMBERS = {
  intervalMs: [5_000, 1_000, 5 * MINUTE, false],
  quietMs: [5 * MINUTE, 0, DAY, false],
  remindMs: [60 * MINUTE, MINUTE, 30 * DAY, true],
  maxPerMinute: [20, 1, 1_000, false],
} as const;

const KNOWN = [
  ...Object.keys(NUMBERS),
  ...['enabled', 'pools', 'rules', 'onAlert', 'sinks', 'webhook', 'orphans', 'clock', 'logger'],
];

/** Least and most of what may be set of a rule. */
const LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  above: [0, 1_000_000],
  resolveAt: [0, 1_000_000],
  forMs: [0, DAY],
  resolveAfterMs: [0, DAY],
  windowMs: [1_000, 10 * MINUTE],
};

/** Throws `LG_INVALID_OPTION`. */
export function resolveAlertOptions(options: AlertOptions): ResolvedAlertOptions {
  refuseUnknown(options, KNOWN);
  const numbers = {} as Record<keyof typeof NUMBERS, number>;
  for (const key of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) {
    const [fallback, least, most, mayBeInfinite] = NUMBERS[key];
    const value = options[key] ?? fallback;
    numbers[key] = mayBeInfinite && value === Infinity ? value : checkNumber(key, value, least, most);
  }
  const { rules = {}, clock = systemClock, logger = processWarningLogger } = options;
  refuseUnknown(rules, ALERT_RULE_IDS, 'rules.');
  for (const [id, rule] of Object.entries(rules)) checkRule(id, rule);
  checkOthers(options);
  checkFunction('onAlert', options.onAlert);
  checkFunction('orphans', options.orphans);
  return Object.freeze({ ...options, ...numbers, rules, clock, logger });
}

function checkRule(id: string, rule: AlertRuleOptions | undefined): void {
  if (rule === undefined || rule === false) return;
  if (typeof rule !== 'object' || rule === null)
    throw new InvalidOptionError(`rules.${id}`, 'false, or an object with limits', rule);
  refuseUnknown(rule, Object.keys(LIMITS), `rules.${id}.`);
  for (const [name, value] of Object.entries(rule)) {
    const [least, most] = LIMITS[name] as readonly [number, number];
    if (value !== undefined) checkNumber(`rules.${id}.${name}`, value, least, most);
  }
}

function checkOthers({ enabled, pools, sinks }: AlertOptions): void {
  if (enabled !== undefined && typeof enabled !== 'boolean')
    throw new InvalidOptionError('enabled', 'true or false', enabled);
  if (pools !== undefined && typeof pools !== 'function' && !isIterable(pools))
    throw new InvalidOptionError('pools', 'a list of pools, or a function that returns one', pools);
  const areSinks = sinks === undefined || (Array.isArray(sinks) && sinks.every(isSink));
  if (!areSinks) throw new InvalidOptionError('sinks', 'a list of objects that have send()', sinks);
}

function isIterable(value: unknown): boolean {
  return typeof Reflect.get(Object(value), Symbol.iterator) === 'function';
}

function isSink(value: unknown): boolean {
  return typeof Reflect.get(Object(value), 'send') === 'function';
}

function checkFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function')
    throw new InvalidOptionError(option, 'a function', value);
}
