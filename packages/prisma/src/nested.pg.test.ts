import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { rejectionOf, usePrisma } from '../test/rig.ts';

const database = usePrisma();
const user = (email: string) => ({ data: { email } });

describe('a managed transaction inside another one', () => {
  it('is a savepoint, whether it is begun with the transaction or with the client', async () => {
    const { prisma, pool } = database.make();
    await prisma.$managedTransaction(async (tx) => {
      await tx.user.create(user('outer'));
      await tx.$managedTransaction((inner) => inner.user.create(user('by tx')));
      await prisma.$managedTransaction((inner) => inner.user.create(user('by client')));
      expect(pool.snapshot().used).toBe(1);
      expect(await database.emails()).toEqual([]);
    });
    expect(await database.emails()).toEqual(['outer', 'by tx', 'by client']);
  });

  it('rolls back to its beginning when it fails, and the transaction goes on', async () => {
    const { prisma } = database.make();
    await prisma.$managedTransaction(async (tx) => {
      await tx.user.create(user('a'));
      const failing = tx.$managedTransaction(async (inner) => {
        await inner.user.create(user('b'));
        await inner.user.create(user('a'));
      });
      expect(await rejectionOf(failing)).toMatchObject({ code: 'P2002' });
      await tx.user.create(user('c'));
    });
    expect(await database.emails()).toEqual(['a', 'c']);
  });

  it('ends at its own limit: its query is cancelled, and the transaction goes on', async () => {
    const { prisma, backends } = database.make();
    await prisma.$managedTransaction({ timeoutMs: 20_000 }, async (tx) => {
      await tx.user.create(user('a'));
      const startedAt = performance.now();
      const failing = tx.$managedTransaction({ timeoutMs: 200, name: 'inner' }, async (inner) => {
        await inner.user.create(user('b'));
        await inner.$queryRaw`select pg_sleep(30)::text`;
      });
      expect(await rejectionOf(failing)).toMatchObject({ code: 'LG_SESSION_TIMEOUT', sessionName: 'inner' });
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      await tx.user.create(user('c'));
      expect((await backends()).length).toBe(1);
    });
    expect(await database.emails()).toEqual(['a', 'c']);
  });

  it('whose callback goes on after that cannot write into the transaction around it', async () => {
    const { prisma } = database.make();
    const late = Promise.withResolvers<Error>();
    await prisma.$managedTransaction({ timeoutMs: 20_000 }, async (tx) => {
      const failing = tx.$managedTransaction({ timeoutMs: 50 }, async (inner) => {
        await sleep(120);
        late.resolve(await rejectionOf(inner.user.create(user('late'))));
      });
      await rejectionOf(failing);
      expect(await late.promise).toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
      await tx.user.create(user('in time'));
    });
    expect(await database.emails()).toEqual(['in time']);
  });

  it('cannot write into it by what it did not await either', async () => {
    const { prisma } = database.make();
    await prisma.$managedTransaction(async (tx) => {
      const late = Promise.withResolvers<Error>();
      await tx.$managedTransaction((inner) => {
        void sleep(50).then(async () => late.resolve(await rejectionOf(inner.user.create(user('late')))));
      });
      expect(await late.promise).toMatchObject({ code: 'LG_LEASE_RELEASED' });
    });
    expect(await database.emails()).toEqual([]);
  });

  it('takes its turn where several are begun at once', async () => {
    const { prisma } = database.make();
    const inner = (email: string, fails: boolean) => () =>
      prisma.$managedTransaction(async (tx) => {
        await tx.user.create(user(email));
        await sleep(10);
        if (fails) throw new Error(email);
      });
    await prisma.$managedTransaction(async () => {
      const blocks = [inner('a', false), inner('b', true), inner('c', false)];
      const ends = await Promise.allSettled(blocks.map((block) => block()));
      expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    });
    expect(await database.emails()).toEqual(['a', 'c']);
  });

  it('is waited for by the commit, also when nobody awaits it', async () => {
    const { prisma } = database.make();
    await prisma.$managedTransaction((tx) => {
      void tx.$managedTransaction(async (inner) => {
        await sleep(50);
        await inner.user.create(user('a'));
      });
    });
    expect(await database.emails()).toEqual(['a']);
  });

  it('ends with the one around it', async () => {
    const { prisma } = database.make();
    const error = await rejectionOf(
      prisma.$managedTransaction({ timeoutMs: 200, name: 'outer' }, (tx) =>
        tx.$managedTransaction({ timeoutMs: 20_000 }, (inner) => inner.$queryRaw`select pg_sleep(30)::text`),
      ),
    );
    expect(error).toMatchObject({ code: 'LG_SESSION_TIMEOUT', sessionName: 'outer' });
  });

  it('that caught the error of a statement is rolled back, and says so', async () => {
    const { prisma } = database.make();
    await prisma.$managedTransaction(async (tx) => {
      await tx.user.create(user('a'));
      const failing = tx.$managedTransaction(async (inner) => {
        await inner.user.create(user('a')).catch(() => undefined);
      });
      expect(await rejectionOf(failing)).toMatchObject({ code: 'LG_COMMIT_ROLLED_BACK' });
    });
    expect(await database.emails()).toEqual(['a']);
  });

  it('refuses a stronger isolation level than the transaction has', async () => {
    const { prisma } = database.make();
    await prisma.$managedTransaction({ isolationLevel: 'RepeatableRead' }, async (tx) => {
      const stronger = tx.$managedTransaction({ isolationLevel: 'Serializable' }, () => 1);
      expect(await rejectionOf(stronger)).toMatchObject({ code: 'LG_UNSUPPORTED' });
      expect(await tx.$managedTransaction({ isolationLevel: 'RepeatableRead' }, () => 1)).toBe(1);
    });
  });

  it('lets an error be caught that a savepoint of Prisma itself has undone', async () => {
    const { prisma } = database.make();
    await prisma.$managedTransaction(async (tx) => {
      await tx.user.create(user('a'));
      expect(await rejectionOf(tx.$transaction((inner) => inner.user.create(user('a'))))).toMatchObject({
        code: 'P2002',
      });
    });
    expect(await database.emails()).toEqual(['a']);
  });

  it('works together with the savepoints of Prisma itself', async () => {
    const { prisma } = database.make();
    await prisma.$managedTransaction(async (tx) => {
      await tx.$transaction(async (inner) => {
        await inner.user.create(user('a'));
        const failing = inner.$managedTransaction(async (deep) => {
          await deep.user.create(user('b'));
          throw new Error('mine');
        });
        expect((await rejectionOf(failing)).message).toBe('mine');
      });
    });
    expect(await database.emails()).toEqual(['a']);
  });
});

describe('a managed transaction inside a plain one', () => {
  it('is refused with the client of that, whose limits are Prisma’s', async () => {
    const { prisma } = database.make();
    await prisma.$transaction(async (tx) => {
      expect(await rejectionOf(tx.$managedTransaction(() => 1))).toMatchObject({ code: 'LG_UNSUPPORTED' });
      await tx.user.create(user('a'));
    });
    expect(await database.emails()).toEqual(['a']);
  });

  it('is one of its own with the client itself', async () => {
    const { prisma, pool } = database.make({ max: 2 });
    await prisma.$transaction(async () => {
      await prisma.$managedTransaction(async (inner) => {
        await inner.user.create(user('apart'));
        expect(pool.snapshot().used).toBe(2);
      });
      expect(await database.emails()).toEqual(['apart']);
    });
  });
});

describe('a plain transaction that is begun inside a managed one, and outlives it', () => {
  it('is not taken for a part of it', async () => {
    const { prisma } = database.make({ nestedAcquire: 'off' });
    const apart = Promise.withResolvers<void>();
    await prisma.$managedTransaction((tx) => {
      const work = prisma.$transaction(async (own) => {
        await sleep(80);
        await own.user.create(user('apart'));
      });
      apart.resolve(work);
      return tx.user.count();
    });
    await apart.promise;
    expect(await database.emails()).toEqual(['apart']);
  });
});
