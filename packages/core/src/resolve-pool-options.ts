import { PRIORITIES } from './acquire-priority.ts';
import type { AcquirePriority } from './acquire-priority.ts';
import { closest } from './closest.ts';
import { InvalidOptionError, unknownOptionError } from './errors.ts';
import { processWarningLogger } from './logger.ts';
import type { PoolOptions, ResolvedPoolOptions } from './pool-options.ts';
import type { StackRecorderOptions } from './stack-recorder.ts';
import type { AdaptiveThreshold } from './site-stats.ts';
import { isPrintable } from './printable.ts';
import { systemClock } from './system-clock.ts';
import { systemRandom } from './system-random.ts';

type NumberRule = readonly [
  fallback: number,
  rule: 'count' | 'positive count' | 'count or none' | 'duration' | 'positive duration',
];

const NUMBERS = {
  size: [20, 'positive count'],
  maxOverflow: [40, 'count'],
  minIdle: [0, 'count'],
  acquireTimeoutMs: [30_000, 'positive duration'],
  maxWaiting: [10_000, 'count'],
  overloadAfterMs: [1_000, 'positive duration'],
  reserved: [0, 'count'],
  connectTimeoutMs: [10_000, 'positive duration'],
  maxConnecting: [4, 'positive count'],
  connectBackoffMs: [100, 'positive duration'],
  maxConnectBackoffMs: [1_000, 'positive duration'],
  maxLifetimeMs: [1_800_000, 'positive duration'],
  maxUses: [Infinity, 'count or none'],
  idleTimeoutMs: [600_000, 'duration'],
  overflowLingerMs: [2_000, 'duration'],
  pingAfterIdleMs: [500, 'duration'],
  pingTimeoutMs: [1_000, 'positive duration'],
  keepaliveMs: [120_000, 'duration'],
  resetTimeoutMs: [1_000, 'positive duration'],
  closeTimeoutMs: [2_000, 'positive duration'],
  lostTimeoutMs: [60_000, 'duration'],
  drainMs: [30_000, 'duration'],
  leakThresholdMs: [30_000, 'positive duration'],
  idleThresholdMs: [30_000, 'positive duration'],
  orphanGraceMs: [1_000, 'duration'],
  monitorIntervalMs: [1_000, 'positive duration'],
  reportIntervalMs: [60_000, 'duration'],
  maxSites: [500, 'positive count'],
  sessionTimeoutMs: [300_000, 'positive duration'],
} as const satisfies Partial<Record<keyof PoolOptions, NumberRule>>;

const EXPECTED: Readonly<Record<NumberRule[1], string>> = {
  count: 'a whole number, 0 or more',
  'positive count': 'a whole number, 1 or more',
  'count or none': 'a whole number, 1 or more, or Infinity',
  duration: 'a number of milliseconds, 0 or more',
  'positive duration': 'a number of milliseconds, more than 0',
};

/** Checks options once, at the edge; what it returns is frozen and trusted. Throws `LG_INVALID_OPTION`. */
export function resolvePoolOptions(options: PoolOptions): ResolvedPoolOptions {
  refuseUnknownOptions(options);
  const numbers = {} as Record<keyof typeof NUMBERS, number>;
  for (const key of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) {
    const [fallback, rule] = NUMBERS[key];
    numbers[key] = checkNumber(key, options[key] ?? fallback, rule);
  }
  if (options.idleThresholdMs === undefined) numbers.idleThresholdMs = numbers.leakThresholdMs;
  const max = numbers.size + numbers.maxOverflow;
  if (numbers.minIdle > max)
    throw new InvalidOptionError('minIdle', `at most size + maxOverflow (${max})`, numbers.minIdle);
  if (numbers.reserved >= max)
    throw new InvalidOptionError('reserved', `less than size + maxOverflow (${max})`, numbers.reserved);
  return Object.freeze({
    ...numbers,
    queuePolicy: check('queuePolicy', options.queuePolicy ?? 'fifo', isQueuePolicy, '"fifo" or "controlled"'),
    tenantTag: check('tenantTag', options.tenantTag, isTag, 'a non-empty text'),
    tenantWeights: checkWeights(options.tenantWeights ?? {}),
    name: check(
      'name',
      options.name ?? 'main',
      isName,
      'a non-empty string of at most 100 printable characters',
    ),
    prePing: check('prePing', options.prePing ?? true, isBoolean, 'true or false'),
    retryConnect: check('retryConnect', options.retryConnect ?? true, isBoolean, 'true or false'),
    reclaim: check(
      'reclaim',
      options.reclaim ?? 'report',
      isReclaim,
      '"report", "under-pressure" or "always"',
    ),
    nestedAcquire: check(
      'nestedAcquire',
      options.nestedAcquire ?? 'warn',
      isNestedPolicy,
      '"off", "warn" or "error"',
    ),
    adaptiveThreshold: checkAdaptive(options.adaptiveThreshold ?? true),
    stacks: checkStacks(options.stacks ?? {}),
    logger: check(
      'logger',
      options.logger ?? processWarningLogger,
      isLogger,
      'an object with warn() and error()',
    ),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
  });
}

const OTHERS = [
  'name',
  'queuePolicy',
  'tenantTag',
  'tenantWeights',
  'prePing',
  'retryConnect',
  'reclaim',
  'nestedAcquire',
  'adaptiveThreshold',
  'stacks',
  'logger',
  'clock',
  'random',
] as const;

/** Twenty times what 99 of 100 leases of a place take is no bad luck any more; ten seconds is longer than any hiccup. */
const ADAPTIVE: AdaptiveThreshold = Object.freeze({ factor: 20, floorMs: 10_000, minLeases: 200 });

/** Throws `LG_INVALID_OPTION` for an option that does not exist: a misspelt limit must not be a missing limit. */
export function refuseUnknownOptions(
  options: object,
  isOurs: (option: string) => boolean = () => true,
): void {
  const known: readonly string[] = [...Object.keys(NUMBERS), ...OTHERS];
  for (const option of Object.keys(options)) {
    if (known.includes(option) || !isOurs(option)) continue;
    const meant = closest(option, known);
    const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`;
    throw unknownOptionError(option, hint, Reflect.get(options, option));
  }
}

function checkStacks(stacks: StackRecorderOptions): StackRecorderOptions {
  const { mode = 'budget', budgetShare = 0, depth = 1 } = stacks;
  check('stacks.mode', mode, isStackMode, '"budget", "always" or "off"');
  check('stacks.budgetShare', budgetShare, isShare, 'a number from 0 to 1');
  check('stacks.depth', depth, isDepth, 'a whole number from 1 to 200');
  return Object.freeze({ ...stacks });
}

function checkAdaptive(chosen: Partial<AdaptiveThreshold> | boolean): AdaptiveThreshold | false {
  if (chosen === false) return false;
  if (chosen === true) return ADAPTIVE;
  check('adaptiveThreshold', chosen, isObject, 'true, false or an object');
  const adaptive = { ...ADAPTIVE, ...chosen };
  check('adaptiveThreshold.factor', adaptive.factor, isFactor, 'a number, 1 or more');
  checkNumber('adaptiveThreshold.floorMs', adaptive.floorMs, 'duration');
  checkNumber('adaptiveThreshold.minLeases', adaptive.minLeases, 'positive count');
  return Object.freeze(adaptive);
}

function checkWeights(weights: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  check('tenantWeights', weights, isObject, 'an object of numbers');
  for (const [tenant, weight] of Object.entries(weights)) {
    check(`tenantWeights.${tenant}`, weight, isWeight, 'a number, more than 0');
  }
  return Object.freeze({ ...weights });
}

/** What is wrong with a duration given to a single call; nothing is wrong with one that is left out. */
export function invalidDuration(option: string, value: number | undefined): InvalidOptionError | undefined {
  if (value === undefined || (typeof value === 'number' && value >= 0)) return undefined;
  return new InvalidOptionError(option, EXPECTED.duration, value);
}

/** The same for what names the caller of a call, its label or tenant: it is a key, and shown. */
export function invalidName(option: string, name: string | undefined): InvalidOptionError | undefined {
  if (name === undefined || typeof name === 'string') return undefined;
  return new InvalidOptionError(option, 'a text', name);
}

/** The same for its priority. */
export function invalidPriority(priority: AcquirePriority | undefined): InvalidOptionError | undefined {
  if (priority === undefined || PRIORITIES.includes(priority)) return undefined;
  return new InvalidOptionError('priority', '"high", "normal" or "low"', priority);
}

function checkNumber(option: string, value: unknown, rule: NumberRule[1]): number {
  if (typeof value === 'number' && isValidNumber(value, rule)) return value;
  throw new InvalidOptionError(option, EXPECTED[rule], value);
}

function isValidNumber(value: number, rule: NumberRule[1]): boolean {
  switch (rule) {
    case 'count':
      return Number.isInteger(value) && value >= 0;
    case 'positive count':
      return Number.isInteger(value) && value >= 1;
    case 'count or none':
      return value === Infinity || (Number.isInteger(value) && value >= 1);
    case 'duration':
      return value >= 0;
    case 'positive duration':
      return value > 0;
    /* v8 ignore next -- a rule that is missing above does not compile */
    default:
      return rule satisfies never;
  }
}

function check<T>(option: string, value: T, isValid: (value: unknown) => boolean, expected: string): T {
  if (!isValid(value)) throw new InvalidOptionError(option, expected, value);
  return value;
}

const isQueuePolicy = (value: unknown): boolean => value === 'fifo' || value === 'controlled';
const isTag = (value: unknown): boolean => value === undefined || (typeof value === 'string' && value !== '');
const isWeight = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < Infinity;
const isStackMode = (value: unknown): boolean => value === 'budget' || value === 'always' || value === 'off';
const isShare = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1;
const isDepth = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 200;
const isLogger = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ['warn', 'error'].every((method) => typeof Reflect.get(value, method) === 'function');
const isNestedPolicy = (value: unknown): boolean => value === 'off' || value === 'warn' || value === 'error';
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const isFactor = (value: unknown): boolean => typeof value === 'number' && value >= 1;
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
const isName = (value: unknown): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= 100 && isPrintable(value);
const isReclaim = (value: unknown): boolean =>
  value === 'report' || value === 'under-pressure' || value === 'always';
