import { describe, expect, it } from 'vitest';
import { rejectionOf, usePrisma } from '../test/rig.ts';

const database = usePrisma();
const raise = (state: string) => `do $$ begin raise exception 'again' using errcode = '${state}'; end $$`;

describe('a managed transaction that may try again', () => {
  it.each(['40001', '40P01'])('does so after %s, and leaves nothing of the try before', async (state) => {
    const { prisma } = database.make();
    let tries = 0;
    await prisma.$managedTransaction({ retry: { limit: 3, baseMs: 1 } }, async (tx) => {
      tries += 1;
      await tx.user.create({ data: { email: `try ${tries}` } });
      if (tries < 3) await tx.$executeRawUnsafe(raise(state));
    });
    expect(tries).toBe(3);
    expect(await database.emails()).toEqual(['try 3']);
  });

  it('does so after two of them have met in their rows', async () => {
    const { prisma } = database.make();
    await database.sql(`insert into "User" (email) values ('counted')`);
    const options = { isolationLevel: 'Serializable', retry: { limit: 9, baseMs: 5 } } as const;
    const both = Promise.withResolvers<void>();
    let begun = 0;
    const add = () =>
      prisma.$managedTransaction(options, async (tx) => {
        const count = await tx.order.count();
        begun += 1;
        if (begun === 2) both.resolve();
        await both.promise;
        await tx.order.create({ data: { total: count, userId: 1 } });
      });
    await Promise.all([add(), add()]);
    const totals = await database.sql('select total from "Order" order by total');
    expect(totals).toEqual([{ total: 0 }, { total: 1 }]);
    expect(begun).toBeGreaterThan(2);
  });

  it('does so when the failure was caught and the commit could not be', async () => {
    const { prisma } = database.make();
    let tries = 0;
    await prisma.$managedTransaction({ retry: { limit: 1, baseMs: 1 } }, async (tx) => {
      tries += 1;
      if (tries === 1) await tx.$executeRawUnsafe(raise('40001')).catch(() => undefined);
    });
    expect(tries).toBe(2);
  });

  it('gives up after its limit, with the last error', async () => {
    const { prisma } = database.make();
    let tries = 0;
    const failing = prisma.$managedTransaction({ retry: { limit: 2, baseMs: 1 } }, async (tx) => {
      tries += 1;
      await tx.$executeRawUnsafe(raise('40001'));
    });
    expect(await rejectionOf(failing)).toMatchObject({ code: 'P2010' });
    expect(tries).toBe(3);
  });

  it('does not unless it is asked to, nor after another error, nor past its deadline', async () => {
    const { prisma } = database.make();
    let tries = 0;
    const failing = (options: object, state: string) =>
      rejectionOf(
        prisma.$managedTransaction(options, async (tx) => {
          tries += 1;
          await tx.$executeRawUnsafe(raise(state));
        }),
      );
    await failing({}, '40001');
    await failing({ retry: { limit: 3 } }, '23505');
    expect(tries).toBe(2);
    expect(
      await failing({ timeoutMs: 300, retry: { limit: 1, baseMs: 1e9, maxMs: 1e9 } }, '40001'),
    ).toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    expect(tries).toBe(3);
  });

  it('refuses a limit that is none', async () => {
    const { prisma } = database.make();
    const failing = prisma.$managedTransaction({ retry: { limit: -1 } }, () => 1);
    expect(await rejectionOf(failing)).toMatchObject({ code: 'LG_INVALID_OPTION' });
  });
});
