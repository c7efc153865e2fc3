import { LifeguardError, PoolClosedError } from '@lifeguard/core';
import { REPORT } from '@lifeguard/pg';
import { describe, expect, it } from 'vitest';
import { ownError } from './own-error.ts';

/** As Prisma wraps whatever has a `code`: code and `meta` are handed on. */
class Wrapped extends Error {
  readonly code: string;
  readonly meta: unknown;

  constructor(original: { readonly code: string; readonly meta: unknown }) {
    super('Invalid invocation');
    this.code = original.code;
    this.meta = original.meta;
  }
}

describe('an error of ours inside one of Prisma', () => {
  it('comes out as ours, of its class, with Prisma’s as its cause', () => {
    const original = new PoolClosedError('main');
    const wrapped = new Wrapped(original);
    const own = ownError(wrapped) as Error;
    expect(own).toBeInstanceOf(PoolClosedError);
    expect(own).toMatchObject({ code: 'LG_POOL_CLOSED', message: original.message, cause: wrapped });
    expect(own.stack).toContain('LG_POOL_CLOSED');
  });

  it('is not changed itself: others may have it too', () => {
    const original = new PoolClosedError('main');
    ownError(new Wrapped(original));
    expect(original.cause).toBeUndefined();
  });

  it('has the report of the pool, where pg-pool’s text stood in its place', () => {
    const original = new PoolClosedError('main');
    const report = original.message;
    Object.defineProperty(original, REPORT, { value: report });
    original.message = 'Cannot use a pool after calling end on the pool';
    expect((ownError(new Wrapped(original)) as Error).message).toBe(report);
    expect((ownError(original) as Error).message).toBe(report);
  });
});

describe('any other error', () => {
  it.each([
    ['one of ours', new LifeguardError('LG_BUG', { summary: 'x' })],
    ['one of Prisma', Object.assign(new Error('x'), { code: 'P2002', meta: { modelName: 'User' } })],
    ['one with a meta of its own', Object.assign(new Error('x'), { meta: { lifeguard: 'no' } })],
    ['one with none', Object.assign(new Error('x'), { meta: null })],
    ['a text', 'x'],
    ['nothing', undefined],
  ])('is left as it is: %s', (_, error) => expect(ownError(error)).toBe(error));
});
