import { describe, expect, it } from 'vitest';
import { checkScopeOptions, limitsOf } from './scope-options.ts';
import type { RequestScopeOptions } from './scope-options.ts';

const check = (options: object, others?: string[]): unknown =>
  checkScopeOptions(options as RequestScopeOptions<unknown>, others);

describe('the options of a scope', () => {
  it.each([
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ timeoutMs: '5s' }, 'timeoutMs'],
    [{ leakThresholdMs: -1 }, 'leakThresholdMs'],
    [{ tags: { tenant: 'acme' } }, 'tags'],
    [{ timeout: 5_000 }, 'timeout'],
  ])('%j are refused for "%s"', (options, option) => {
    expect(() => check(options)).toThrow(expect.objectContaining({ code: 'LG_INVALID_OPTION', option }));
  });

  it('may have those of the framework beside them', () => {
    expect(() => check({ prefix: '/api' }, ['prefix'])).not.toThrow();
    expect(() => check({ prefix: '/api' })).toThrow('prefix');
  });

  it('are frozen, and a copy', () => {
    const options = { timeoutMs: 5_000 };
    const checked = check(options);
    expect([Object.isFrozen(checked), Object.isFrozen(options), checked]).toEqual([true, false, options]);
  });

  it('set no limit by themselves', () => {
    expect(limitsOf({})).toEqual({ timeoutMs: Infinity });
    expect(limitsOf({ leakThresholdMs: 5 })).toEqual({ timeoutMs: Infinity, leakThresholdMs: 5 });
  });
});
