import { describe, expect, it } from 'vitest';
import { isRetryableInPrisma } from './retryable.ts';

const below = (originalCode: string): object => ({ cause: { originalCode } });

describe('a failure that may be tried again', () => {
  it.each([
    ['as Prisma calls it', { code: 'P2034' }],
    ['as the server calls it', { code: '40001' }],
    ['of a raw query', { code: 'P2010', meta: { driverAdapterError: below('40P01') } }],
    ['of a COMMIT, as the adapter hands it on', below('40001')],
    [
      'that was caught, and has spoilt the transaction',
      { code: 'LG_COMMIT_ROLLED_BACK', cause: { code: 'P2034' } },
    ],
  ])('%s', (_, error) => expect(isRetryableInPrisma(error)).toBe(true));

  it.each([
    ['another code of Prisma', { code: 'P2002', meta: { modelName: 'User' } }],
    ['another failure of a raw query', { code: 'P2010', meta: { driverAdapterError: below('23505') } }],
    ['a caught failure of another kind', { code: 'LG_COMMIT_ROLLED_BACK', cause: { code: 'P2002' } }],
    ['an error with such a cause', Object.assign(new Error('mine'), { cause: { code: '40001' } })],
    ['nothing', undefined],
    ['a text', '40001'],
  ])('is not %s', (_, error) => expect(isRetryableInPrisma(error)).toBe(false));
});
