import { describe, expect, it } from 'vitest';
import { prismaLayer } from './prisma-layer.ts';

describe('a nested managed transaction', () => {
  it('is refused where Prisma is too old to have savepoints', () => {
    const [pool, tx] = [{}, {}] as never[] as [never, never];
    expect(() => prismaLayer(pool).savepoint(tx, () => Promise.resolve(1))).toThrow(
      expect.objectContaining({ code: 'LG_UNSUPPORTED' }),
    );
  });
});
