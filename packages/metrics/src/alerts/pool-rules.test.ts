import { describe, expect, it, test } from 'vitest';
import { FakePool } from '../../test/fake-pool.ts';
import { ALERT_RULE_IDS, changeLimits } from './alert-limits.ts';
import type { AlertLimits, AlertRuleId } from './alert-limits.ts';
import { levelOf } from './alert-rule.ts';
import type { AlertRule, Level, Measurement } from './alert-rule.ts';
import { ObservationWindow } from './observation-window.ts';
import { ORPHANS_RULE } from './orphans-rule.ts';
import { POOL_RULES } from './pool-rules.ts';

const ruleOf = (id: AlertRuleId): AlertRule => POOL_RULES.find((rule) => rule.id === id) as AlertRule;

/** A pool that is looked at every five seconds, and what a rule says of it then. */
function watched(id: AlertRuleId, chosen: Partial<AlertLimits> = {}) {
  const rule = ruleOf(id);
  const limits = changeLimits(rule.limits, chosen);
  const pool = new FakePool();
  const window = new ObservationWindow(limits.windowMs);
  let at = 0;
  const look = (looks = 1): Measurement & { readonly level: Level } => {
    for (let index = 0; index < looks; index += 1) window.add({ at: (at += 5_000), glance: pool.glance() });
    const measurement = rule.measure(window, limits);
    return { ...measurement, level: levelOf(measurement, limits) };
  };
  look();
  return { pool, look };
}

describe('usage-high', () => {
  it('is high above 80 % of all connections, and calm again at 72 %', () => {
    const { pool, look } = watched('usage-high');
    const levels = [8, 9, 10].map((used) => {
      pool.show({ used });
      return look().level;
    });
    expect(levels).toEqual(['between', 'high', 'high']);
    pool.show({ used: 7 });
    expect(look().level).toBe('calm');
  });

  it('counts the overflow as connections that there may be', () => {
    const { pool, look } = watched('usage-high');
    pool.show({ used: 10, max: 60, size: 20 });
    expect(look()).toMatchObject({ level: 'calm', summary: '10 of 60 connections are in use (17 %)' });
  });
});

describe('saturated', () => {
  it('is high when all connections are in use and somebody waits', () => {
    const { pool, look } = watched('saturated');
    pool.show({ used: 10, pending: 3, oldestWaitMs: 4_000, suspected: 2 });
    expect(look()).toMatchObject({
      level: 'high',
      summary: '10 of 10 connections are in use and 3 callers wait',
      evidence: ['the first of them has waited for 4s', '2 of 10 leases are suspected of being leaked'],
    });
  });

  it('is calm when all are in use and nobody waits, and when somebody waits for a connect', () => {
    const { pool, look } = watched('saturated');
    pool.show({ used: 10 });
    expect(look().level).toBe('calm');
    pool.show({ used: 4, pending: 3 });
    expect(look().level).toBe('calm');
  });
});

describe('acquire-timeouts', () => {
  it('is high with the first caller that got nothing, for a minute', () => {
    const { pool, look } = watched('acquire-timeouts');
    pool.count({ timeouts: 1, acquired: 40 });
    expect(look()).toMatchObject({
      level: 'high',
      summary: '1 callers got no connection in time in the last 5s',
      evidence: [
        'each may wait for 30s; 40 got one meanwhile',
        '0 of 10 connections are in use, 0 callers wait',
      ],
    });
    expect(look(11).level).toBe('high');
    expect(look().level).toBe('calm');
  });

  it('does not count those before it began to look', () => {
    const { pool, look } = watched('acquire-timeouts', { above: 2 });
    pool.count({ timeouts: 2 });
    expect(look().level).toBe('between');
    expect(watchedAfter(pool).level).toBe('calm');
  });

  function watchedAfter(pool: FakePool): { level: Level } {
    const { limits, measure } = ruleOf('acquire-timeouts');
    const window = new ObservationWindow(60_000);
    window.add({ at: 0, glance: pool.glance() });
    return { level: levelOf(measure(window, limits), limits) };
  }
});

describe('connect-failures', () => {
  it('is high with more than three failures in a minute, and says the last one', () => {
    const { pool, look } = watched('connect-failures');
    pool.count({ connectFailures: 3 });
    pool.show({ lastConnectError: 'connect ECONNREFUSED 10.0.0.1:5432' });
    expect(look().level).toBe('between');
    pool.count({ connectFailures: 1 });
    expect(look()).toMatchObject({
      level: 'high',
      summary: '4 attempts to connect have failed in the last 10s',
      evidence: ['connect ECONNREFUSED 10.0.0.1:5432', '0 connections are open, 0 callers wait'],
    });
  });

  it('is not calm before an attempt has succeeded, even when none is made', () => {
    const { pool, look } = watched('connect-failures');
    pool.count({ connectFailures: 9 });
    pool.show({ lastConnectError: 'no route' });
    expect(look(30)).toMatchObject({ level: 'between', value: 0 });
    pool.show({ lastConnectError: undefined });
    expect(look().level).toBe('calm');
  });
});

describe('wait-high', () => {
  const wait = (pool: FakePool, times: number, ms: number): void => {
    for (let index = 0; index < times; index += 1) pool.waitTime.record(ms);
  };

  it('is high when one of twenty waits is longer than half of what callers may wait', () => {
    const { pool, look } = watched('wait-high');
    wait(pool, 94, 5);
    wait(pool, 6, 16_000);
    expect(look()).toMatchObject({
      level: 'high',
      summary: expect.stringMatching(
        /^one of twenty acquires took 1[67]s or longer in the last 5s; the limit is 30s$/,
      ),
      evidence: ['100 acquires ended', '0 callers wait now'],
    });
  });

  it('looks at the last minute and not at the life of the pool', () => {
    const { pool, look } = watched('wait-high');
    wait(pool, 1_000_000, 1);
    expect(look(20).level).toBe('calm');
    wait(pool, 20, 20_000);
    expect(look().level).toBe('high');
    wait(pool, 20, 1);
    expect(look(12).level).toBe('calm');
  });

  it('says nothing of fewer than five, nor of a pool whose callers wait without limit', () => {
    const { pool, look } = watched('wait-high');
    wait(pool, 4, 29_000);
    expect(look()).toMatchObject({ level: 'calm', value: 0 });
    wait(pool, 40, 29_000);
    pool.show({ acquireTimeoutMs: Infinity });
    expect(look()).toMatchObject({ level: 'calm', value: 0 });
  });
});

test('leaks is high with more than five suspected leases, and calm again with four', () => {
  const { pool, look } = watched('leaks');
  const levels = [5, 6, 5, 4].map((suspected) => {
    pool.show({ suspected, used: 8 });
    return look().level;
  });
  expect(levels).toEqual(['between', 'high', 'between', 'calm']);
});

test('orphans is high with the first, and calm with none', () => {
  const level = (count: number): Level =>
    levelOf(ORPHANS_RULE.measure(count, ORPHANS_RULE.limits), ORPHANS_RULE.limits);
  expect([0, 1].map(level)).toEqual(['calm', 'high']);
});

describe('every rule', () => {
  it('is known by its id, once', () => {
    expect([...POOL_RULES, ORPHANS_RULE].map(({ id }) => id).toSorted()).toEqual(
      [...ALERT_RULE_IDS].toSorted(),
    );
  });

  it('says what, why and what to do in whole sentences, whatever it looks at', () => {
    for (const { id, fix } of POOL_RULES) {
      const { pool, look } = watched(id);
      for (const shown of [{}, { used: 10, pending: 4, suspected: 9, acquireTimeoutMs: Infinity }]) {
        pool.show(shown);
        const { summary, evidence, value } = look();
        expect(value).toBeGreaterThanOrEqual(0);
        expect(evidence.length).toBeGreaterThan(0);
        for (const text of [summary, fix, ...evidence]) {
          expect(text).toMatch(/^\S.*\S$/);
          expect(text).not.toMatch(/NaN|undefined|Infinity|null/);
        }
      }
    }
  });

  it('looks at the same twice and says the same', () => {
    for (const { id } of POOL_RULES) {
      const { pool, look } = watched(id);
      pool.show({ used: 9, suspected: 7 });
      look(40);
      expect(look()).toEqual(look());
    }
  });
});

describe('a window of observations', () => {
  it('keeps a limited number of them, however often somebody looks', () => {
    const window = new ObservationWindow(60_000);
    const pool = new FakePool();
    for (let at = 0; at < 300_000; at += 100) window.add({ at, glance: pool.glance() });
    expect(window.size).toBeLessThan(70);
    expect(window.within(60_000).lengthMs).toBeGreaterThanOrEqual(60_000);
    expect(window.within(60_000).lengthMs).toBeLessThan(63_000);
  });
});
