import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { busy, caller, rows, scene, you } from '../test/scene.ts';
import { AcquireTimeoutError } from './errors.ts';
import { acquireTimeoutError, overloadedError, queueFullError } from './exhaustion.ts';
import type { Overload } from './exhaustion.ts';

const overload: Overload = {
  reason: 'excess',
  waitedMs: 0,
  arrivalsPerSecond: 4_812.3,
  servedPerSecond: 7.04,
  expectedWaitMs: 20,
  retryAfterMs: 1_000,
};

describe('a pool that is overloaded', () => {
  it('says how many come and how many are served, and who holds', () => {
    const error = overloadedError(scene(busy), you, overload);
    expect(error).toMatchObject({ ...overload, holders: [{ count: 3 }], pool: { used: 3 } });
    expect(rows(error, 'pool', 'you', 'likely', 'more')).toEqual([
      '  pool      3/3 used, 0 idle, 14 pending (oldest 5s)',
      '  you       src/report.ts:18 buildReport',
      '  likely    load or slow queries: 3 of 3 are running a query',
      '  more      npx -p @lifeguard/cli lifeguard explain LG_OVERLOADED',
    ]);
    expect(error.summary).toBe('pool "main" is overloaded: 4812 callers come a second, 7 are served');
  });

  it('says when it was the session that was too short', () => {
    const error = overloadedError(scene(busy), you, {
      ...overload,
      reason: 'session-too-short',
      waitedMs: 480,
    });
    expect(error.waitedMs).toBe(480);
    expect(error.summary).toBe(
      'pool "main" had no connection in time: what is left of the session is too short to use one',
    );
  });
});

describe('thousands who are turned away at once', () => {
  const one = scene(busy);
  const oneOfMany = caller({ stack: new Error('here') }, false);
  const many = Array.from({ length: 3 }, () => acquireTimeoutError(one, oneOfMany));

  it('have errors of their own, with a text that was made once and no stack that says nothing', () => {
    expect(new Set(many).size).toBe(3);
    for (const error of many) {
      expect(error).toBeInstanceOf(AcquireTimeoutError);
      expect(error.message).toBe(many[0]?.message);
      expect(rows(error, 'you', 'more')).toEqual([
        '  you       not looked up: too many callers were turned away within this second',
        '  more      npx -p @lifeguard/cli lifeguard explain LG_ACQUIRE_TIMEOUT',
      ]);
      expect(error.stack).toBe(`LifeguardError [LG_ACQUIRE_TIMEOUT]: ${error.message}`);
      expect(inspect(error)).toContain("code: 'LG_ACQUIRE_TIMEOUT'");
      expect(JSON.parse(JSON.stringify(error))).toMatchObject({ summary: error.summary, waitedMs: 5_000 });
      expect(structuredClone(error).message).toBe(error.message);
    }
  });

  it('are told by another text where they failed in another way, or have a label', () => {
    const shed = (reason: Overload['reason']): string =>
      overloadedError(one, oneOfMany, { ...overload, reason }).summary;
    expect([shed('excess'), shed('session-too-short')]).toEqual([
      expect.stringContaining('is overloaded'),
      expect.stringContaining('session is too short'),
    ]);
    expect(queueFullError(one, oneOfMany, 7).summary).toContain('its limit is 7');
    expect(rows(acquireTimeoutError(one, caller({ label: 'nightly' }, false)), 'you')).toEqual([
      '  you       nightly',
    ]);
  });
});
