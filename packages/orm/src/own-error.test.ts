import { LifeguardError, PoolClosedError } from '@lifeguard/core';
import { REPORT } from '@lifeguard/pg';
import { describe, expect, it } from 'vitest';
import { errorsIn, ownError } from './own-error.ts';

const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.message === 'wrapped' ? error.cause : undefined;
const wrap = (cause: unknown): Error => new Error('wrapped', { cause });

describe('an error of ours inside one of an ORM', () => {
  it('comes out as ours, of its class, with the ORM’s as its cause, however often it was wrapped', () => {
    const original = new PoolClosedError('main');
    const wrapped = wrap(wrap(original));
    const own = ownError(wrapped, causeOf) as Error;
    expect(own).toBeInstanceOf(PoolClosedError);
    expect(own).toMatchObject({ code: 'LG_POOL_CLOSED', message: original.message, cause: wrapped });
    expect(original.cause).toBeUndefined();
  });

  it('is found below a wrapper that has taken over its code', () => {
    const original = new PoolClosedError('main');
    const wrapped = Object.assign(wrap(original), { code: 'LG_POOL_CLOSED' });
    expect(ownError(wrapped, causeOf)).toBeInstanceOf(PoolClosedError);
  });

  it('has the report of the pool, where pg-pool’s text stood in its place', () => {
    const original = new PoolClosedError('main');
    const report = original.message;
    Object.defineProperty(original, REPORT, { value: report });
    original.message = 'Cannot use a pool after calling end on the pool';
    expect((ownError(wrap(original), causeOf) as Error).message).toBe(report);
    expect((ownError(original, causeOf) as Error).message).toBe(report);
  });

  it('is not looked for without end', () => {
    const circle = wrap(undefined);
    circle.cause = circle;
    expect(errorsIn(circle, causeOf).length).toBeLessThan(10);
    expect(ownError(circle, causeOf)).toBe(circle);
  });
});

describe('any other error', () => {
  it.each([
    ['one of ours', new LifeguardError('LG_BUG', { summary: 'x' })],
    ['one of the ORM’s', wrap(new Error('x'))],
    [
      'one of the application’s that has one of ours as its cause',
      new Error('x', { cause: new PoolClosedError('main') }),
    ],
    ['a text', 'x'],
    ['nothing', undefined],
  ])('is left as it is: %s', (_, error) => expect(ownError(error, causeOf)).toBe(error));
});
