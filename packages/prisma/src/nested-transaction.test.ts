import { Session } from '@lifeguard/core';
import { describe, expect, it } from 'vitest';
import { runNested } from './nested-transaction.ts';
import { openLevel } from './transaction-level.ts';

describe('a nested managed transaction', () => {
  it('is refused where Prisma is too old to have savepoints', async () => {
    const session = new Session({}, undefined);
    const [pool, record, tx] = [{}, {}, {}] as never[] as [never, never, never];
    const level = openLevel({ pool, tx, record, session, isolationLevel: undefined, outer: undefined });
    await expect(runNested(level, tx, {}, () => 1)).rejects.toMatchObject({ code: 'LG_UNSUPPORTED' });
    session.end();
  });
});
