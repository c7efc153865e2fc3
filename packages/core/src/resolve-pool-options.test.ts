import { describe, expect, it } from 'vitest';
import { processWarningLogger } from './logger.ts';
import { invalidDuration, resolvePoolOptions } from './resolve-pool-options.ts';
import type { PoolOptions } from './pool-options.ts';
import { systemClock } from './system-clock.ts';
import { systemRandom } from './system-random.ts';

describe('the options of a pool', () => {
  it('are complete without any, and frozen', () => {
    const options = resolvePoolOptions({});
    expect(options).toMatchObject({
      name: 'main',
      size: 20,
      maxOverflow: 40,
      minIdle: 0,
      acquireTimeoutMs: 30_000,
      maxLifetimeMs: 1_800_000,
      maxUses: Infinity,
      prePing: true,
      pingAfterIdleMs: 500,
      leakThresholdMs: 30_000,
      idleThresholdMs: 30_000,
      sessionTimeoutMs: 300_000,
      retryConnect: true,
      reclaim: 'report',
    });
    expect(options.clock).toBe(systemClock);
    expect(options.random).toBe(systemRandom);
    expect(options.logger).toBe(processWarningLogger);
    expect(Object.isFrozen(options) && Object.isFrozen(options.stacks)).toBe(true);
  });

  it('are taken as they are given, where they are valid', () => {
    const given = {
      name: 'reports',
      size: 1,
      maxOverflow: 0,
      minIdle: 1,
      prePing: false,
      keepaliveMs: 0,
      maxUses: 1,
    };
    expect(resolvePoolOptions(given)).toMatchObject(given);
    expect(resolvePoolOptions({ acquireTimeoutMs: Infinity, idleTimeoutMs: 0.5 }).acquireTimeoutMs).toBe(
      Infinity,
    );
  });

  it('are refused when there is no such option, with the one that was most likely meant', () => {
    const misspelt = (options: object) => () => resolvePoolOptions(options);
    expect(misspelt({ leakTresholdMs: 5_000 })).toThrow(
      'option "leakTresholdMs" must be left out: there is no such option (did you mean "leakThresholdMs"?), got 5000',
    );
    expect(misspelt({ max: 10 })).toThrow('option "max" must be left out: there is no such option, got 10');
  });

  it.each([
    [
      { mode: 'sometimes' },
      'option "stacks.mode" must be "budget", "always" or "off", got the string "sometimes"',
    ],
    [{ budgetShare: 2 }, 'option "stacks.budgetShare" must be a number from 0 to 1, got 2'],
    [{ depth: 0 }, 'option "stacks.depth" must be a whole number from 1 to 200, got 0'],
  ])('are refused when stacks are %j', (stacks, message) => {
    expect(() => resolvePoolOptions({ stacks } as PoolOptions)).toThrow(message);
  });

  it('let the idle threshold follow the leak threshold, unless it is given', () => {
    expect(resolvePoolOptions({ leakThresholdMs: 5_000 }).idleThresholdMs).toBe(5_000);
    expect(resolvePoolOptions({ leakThresholdMs: 5_000, idleThresholdMs: 100 }).idleThresholdMs).toBe(100);
  });

  const count = 'a whole number, 0 or more';
  const positiveCount = 'a whole number, 1 or more';
  const duration = 'a number of milliseconds, 0 or more';
  const positiveDuration = 'a number of milliseconds, more than 0';

  it.each<[keyof PoolOptions, unknown, string]>([
    ['size', 0, `${positiveCount}, got 0`],
    ['size', 2.5, `${positiveCount}, got 2.5`],
    ['size', '20', `${positiveCount}, got the string "20"`],
    ['size', NaN, `${positiveCount}, got NaN`],
    ['maxOverflow', -1, `${count}, got -1`],
    ['minIdle', 1.5, `${count}, got 1.5`],
    ['maxWaiting', [], `${count}, got an array`],
    ['maxConnecting', 0, `${positiveCount}, got 0`],
    ['maxUses', 0, `${positiveCount}, or Infinity, got 0`],
    ['size', Infinity, `${positiveCount}, got Infinity`],
    ['maxWaiting', Infinity, `${count}, got Infinity`],
    ['logger', { warn: () => undefined }, 'an object with warn() and error(), got an object'],
    ['acquireTimeoutMs', 0, `${positiveDuration}, got 0`],
    ['connectTimeoutMs', -5, `${positiveDuration}, got -5`],
    ['connectBackoffMs', 0, `${positiveDuration}, got 0`],
    ['maxConnectBackoffMs', '5s', `${positiveDuration}, got the string "5s"`],
    ['maxLifetimeMs', 0, `${positiveDuration}, got 0`],
    ['idleTimeoutMs', -1, `${duration}, got -1`],
    ['overflowLingerMs', NaN, `${duration}, got NaN`],
    ['pingAfterIdleMs', -1, `${duration}, got -1`],
    ['pingTimeoutMs', 0, `${positiveDuration}, got 0`],
    ['keepaliveMs', -1, `${duration}, got -1`],
    ['resetTimeoutMs', 0, `${positiveDuration}, got 0`],
    ['closeTimeoutMs', 0, `${positiveDuration}, got 0`],
    ['lostTimeoutMs', -1, `${duration}, got -1`],
    ['drainMs', -1, `${duration}, got -1`],
    ['leakThresholdMs', 0, `${positiveDuration}, got 0`],
    ['idleThresholdMs', 0, `${positiveDuration}, got 0`],
    ['monitorIntervalMs', 0, `${positiveDuration}, got 0`],
    ['sessionTimeoutMs', 0, `${positiveDuration}, got 0`],
    ['name', '', 'a non-empty string of at most 100 printable characters, got the string ""'],
    [
      'name',
      'x'.repeat(101),
      `a non-empty string of at most 100 printable characters, got the string "${'x'.repeat(60)}"`,
    ],
    ['name', 7, 'a non-empty string of at most 100 printable characters, got 7'],
    ['prePing', 'yes', 'true or false, got the string "yes"'],
    ['retryConnect', 1, 'true or false, got 1'],
    ['orphanGraceMs', -1, `${duration}, got -1`],
    ['reportIntervalMs', -1, `${duration}, got -1`],
    ['maxSites', 0, `${positiveCount}, got 0`],
    ['nestedAcquire', 'maybe', '"off", "warn" or "error", got the string "maybe"'],
    ['reclaim', 'often', '"report", "under-pressure" or "always", got the string "often"'],
  ])('refuse %s: %o, saying what was expected and what came', (option, value, expected) => {
    expect(() => resolvePoolOptions({ [option]: value })).toThrow(
      expect.objectContaining({
        code: 'LG_INVALID_OPTION',
        option,
        summary: `option "${option}" must be ${expected}`,
      }),
    );
  });

  it.each([
    [{ factor: 0.5 }, 'option "adaptiveThreshold.factor" must be a number, 1 or more, got 0.5'],
    [
      { floorMs: -1 },
      'option "adaptiveThreshold.floorMs" must be a number of milliseconds, 0 or more, got -1',
    ],
    [{ minLeases: 0 }, 'option "adaptiveThreshold.minLeases" must be a whole number, 1 or more, got 0'],
    ['often', 'option "adaptiveThreshold" must be true, false or an object, got the string "often"'],
  ])('are refused when the adaptive threshold is %j', (adaptiveThreshold, message) => {
    expect(() => resolvePoolOptions({ adaptiveThreshold } as PoolOptions)).toThrow(message);
  });

  it('take a part of the adaptive threshold, or none of it', () => {
    const defaults = { factor: 20, floorMs: 10_000, minLeases: 200 };
    expect(resolvePoolOptions({ adaptiveThreshold: true }).adaptiveThreshold).toEqual(defaults);
    expect(resolvePoolOptions({ adaptiveThreshold: { factor: 5 } }).adaptiveThreshold).toEqual({
      ...defaults,
      factor: 5,
    });
    expect(resolvePoolOptions({ adaptiveThreshold: false }).adaptiveThreshold).toBe(false);
  });

  it('refuse more idle connections than there may be', () => {
    const options = { size: 1, maxOverflow: 1 };
    expect(() => resolvePoolOptions({ ...options, minIdle: 3 })).toThrow(
      'at most size + maxOverflow (2), got 3',
    );
    expect(resolvePoolOptions({ ...options, minIdle: 2 }).minIdle).toBe(2);
  });
});

describe('a duration given to a single call', () => {
  it('may be left out, nothing, or without limit', () => {
    for (const value of [undefined, 0, 5, Infinity])
      expect(invalidDuration('timeoutMs', value)).toBeUndefined();
  });

  it.each([-1, NaN, '5' as unknown as number])('must be one: %o is none', (value) => {
    expect(invalidDuration('timeoutMs', value)).toMatchObject({
      code: 'LG_INVALID_OPTION',
      option: 'timeoutMs',
    });
  });
});
