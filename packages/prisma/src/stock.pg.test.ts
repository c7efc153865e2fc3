// What Prisma does by itself at its limits, over the same pool: what docs/data-layers/prisma.md compares with.

import { describe, expect, it } from 'vitest';
import { rejectionOf, until, usePrisma } from '../test/rig.ts';

const database = usePrisma();
const QUERY_MS = 1_500;
const LIMIT_MS = 300;

async function tookUntil(
  failing: PromiseLike<unknown>,
): Promise<{ tookMs: number; code: string | undefined }> {
  const startedAt = performance.now();
  const { code } = await rejectionOf(failing);
  return { tookMs: performance.now() - startedAt, code };
}

describe('a query of 1.5 s in a transaction that has 300 ms', () => {
  it('runs to its end with $transaction, and the caller waits for it', async () => {
    const { prisma } = database.make();
    await prisma.user.count();
    const { tookMs, code } = await tookUntil(
      prisma.$transaction((tx) => tx.$queryRaw`select pg_sleep(${QUERY_MS / 1_000})::text`, {
        timeout: LIMIT_MS,
      }),
    );
    expect(code).toBe('P2028');
    expect(tookMs).toBeGreaterThan(QUERY_MS - 50);
  });

  it('is cancelled with $managedTransaction, and the caller hears of it', async () => {
    const { prisma, backends } = database.make();
    await prisma.user.count();
    const { tookMs, code } = await tookUntil(
      prisma.$managedTransaction(
        { timeoutMs: LIMIT_MS },
        (tx) => tx.$queryRaw`select pg_sleep(${QUERY_MS / 1_000})::text`,
      ),
    );
    expect(code).toBe('LG_SESSION_TIMEOUT');
    expect(tookMs).toBeLessThan(QUERY_MS - 50);
    await until('the query is gone', async () => (await backends()).every(({ state }) => state === 'idle'));
  });
});

describe('a plain interactive transaction', () => {
  it('works as ever, and is counted', async () => {
    const { prisma, pool } = database.make();
    await prisma.$transaction(async (tx) => {
      await tx.user.create({ data: { email: 'a' } });
      expect(pool.snapshot().used).toBe(1);
    });
    expect(await database.emails()).toEqual(['a']);
    expect(pool.snapshot().used).toBe(0);
  });

  it('whose callback is idle at its limit gives its connection back', async () => {
    const { prisma, pool } = database.make();
    const end = Promise.withResolvers<void>();
    const failing = prisma.$transaction(() => end.promise, { timeout: 100 });
    await until(
      'the connection is back',
      () => pool.snapshot().counters.acquired > 0 && pool.snapshot().used === 0,
    );
    end.resolve();
    expect((await tookUntil(failing)).code).toBe('P2028');
  });
});
