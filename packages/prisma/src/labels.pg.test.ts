import { formatLeakReport, runScope } from '@lifeguard/core';
import { formatHolder } from '@lifeguard/core/adapter';
import type { LeakReport, LeaseView } from '@lifeguard/core';
import type { LifeguardPool } from '@lifeguard/pg';
import { describe, expect, it } from 'vitest';
import { PrismaClient, rejectionOf, until, usePrisma } from '../test/rig.ts';
import { PrismaPg } from '@prisma/adapter-pg';

const database = usePrisma();
const QUIET = { warn: () => undefined, error: () => undefined };
const WATCHFUL = {
  leakThresholdMs: 100,
  idleThresholdMs: 100,
  monitorIntervalMs: 20,
  logger: QUIET,
} as const;
const HERE = 'packages/prisma/src/labels.pg.test.ts';

/** What is leased as soon as something is, of a table that somebody else has locked until then. */
async function leasedBy(
  pool: LifeguardPool,
  work: () => PromiseLike<unknown>,
  isThere = ({ queries }: LeaseView) => queries > 0,
): Promise<LeaseView> {
  await database.sql('begin');
  await database.sql('lock table "User", "Order"');
  const working = Promise.resolve().then(work);
  try {
    let lease: LeaseView | undefined;
    await until('something is leased', () => {
      lease = pool.snapshot().leases.find(isThere);
      return lease !== undefined;
    });
    return lease as unknown as LeaseView;
  } finally {
    await database.sql('rollback');
    await working;
  }
}

function leakOf(pool: LifeguardPool): Promise<LeakReport> {
  return new Promise((resolve) => pool.once('leak', resolve as () => void));
}

describe('a lease that a client takes', () => {
  it('is labelled with model and operation, and placed where the application asked', async () => {
    const { prisma, pool } = database.make();
    const askForUsers = () => prisma.user.findMany();
    const lease = await leasedBy(pool, askForUsers);
    expect(lease).toMatchObject({
      label: 'User.findMany',
      site: { file: HERE, functionName: 'askForUsers' },
    });
  });

  it('has its label in a helper that hands the promise on unawaited, too', async () => {
    const { prisma, pool } = database.make();
    const later = () => {
      const lazy = prisma.order.aggregate({ _sum: { total: true } });
      return Promise.resolve().then(() => lazy);
    };
    expect(await leasedBy(pool, later)).toMatchObject({
      label: 'Order.aggregate',
      site: { functionName: 'later' },
    });
  });

  it('keeps the request around it', async () => {
    const { prisma, pool } = database.make();
    const lease = await leasedBy(pool, () =>
      runScope('GET /users', { tenant: '7' }, () => prisma.user.count()),
    );
    expect(lease).toMatchObject({
      label: 'User.count',
      session: { name: 'GET /users', tags: { tenant: '7' } },
    });
  });

  it('for a raw query is labelled with that', async () => {
    const { prisma, pool } = database.make();
    const lease = await leasedBy(pool, () => prisma.$queryRaw`select * from "User"`);
    expect(lease.label).toBe('$queryRaw');
  });

  it('for a batch is labelled with its first operation', async () => {
    const { prisma, pool } = database.make();
    const batch = () => prisma.$transaction([prisma.order.count(), prisma.user.count()]);
    const lease = await leasedBy(pool, batch, ({ transaction }) => transaction === 'open');
    expect(lease.label).toBe('Order.count (batch)');
  });

  it('without Prisma’s own stacks still has its label', async () => {
    const { pool } = database.make();
    const { extend } = await import('../test/rig.ts');
    const terse = new PrismaClient({ adapter: new PrismaPg(pool), errorFormat: 'minimal' });
    const lease = await leasedBy(pool, () => extend(terse, pool).user.findFirst());
    expect(lease.label).toBe('User.findFirst');
    await terse.$disconnect();
  });
});

describe('reports', () => {
  it('of a slow operation name it and the line that asked', async () => {
    const { prisma, pool } = database.make(WATCHFUL);
    const leak = leakOf(pool);
    await database.sql('begin');
    await database.sql('lock table "User"');
    const slow = Promise.resolve(prisma.user.findMany());
    const report = await leak;
    await database.sql('rollback');
    await slow;
    expect(report.code).toBe('LG_SLOW_LEASE');
    expect(formatLeakReport(report)).toMatch(new RegExp(`acquired  User\\.findMany at ${HERE}:\\d+`));
  });

  it('of holders name both to whom gets no connection', async () => {
    const { prisma, pool } = database.make({ max: 1, acquireTimeoutMs: 150 });
    await prisma.user.count();
    await database.sql('begin');
    await database.sql('lock table "User"');
    const holding = Promise.resolve(prisma.user.findMany());
    await until('it is leased', () => pool.snapshot().used === 1);
    const error = await rejectionOf(prisma.order.count());
    await database.sql('rollback');
    await holding;
    expect(error).toMatchObject({
      code: 'LG_ACQUIRE_TIMEOUT',
      holders: [{ label: 'User.findMany', site: { file: HERE } }],
      cause: { name: 'PrismaClientKnownRequestError', code: 'LG_ACQUIRE_TIMEOUT' },
    });
    expect(error.message).toContain(`you       Order.count at ${HERE}`);
    expect(error.message).toContain(`1× User.findMany at ${HERE}`);
  });

  it('of a managed transaction name it and the line that began it', async () => {
    const { prisma, pool } = database.make();
    await prisma.$managedTransaction({ name: 'create order', tags: { shop: '1' } }, async (tx) => {
      await tx.user.count();
      const { holders, leases } = pool.snapshot();
      expect(leases[0]).toMatchObject({
        session: { name: 'create order', tags: { shop: '1' } },
        site: { file: HERE },
      });
      expect(holders.map(formatHolder)[0]).toContain(`1× ${HERE}`);
    });
  });

  it('of a managed transaction that waits for something else say so', async () => {
    const { prisma, pool } = database.make(WATCHFUL);
    const leak = leakOf(pool);
    await prisma.$managedTransaction({ name: 'waits' }, async (tx) => {
      await tx.user.count();
      const text = formatLeakReport(await leak);
      expect(text).toContain(HERE);
      expect(text).toContain('session   waits');
    });
  });

  it('of a plain interactive transaction that nobody ends name the line that began it', async () => {
    const { prisma, pool } = database.make(WATCHFUL);
    const leak = leakOf(pool);
    const end = Promise.withResolvers<void>();
    async function forgetful(): Promise<void> {
      await prisma.$transaction(
        async (tx) => {
          await tx.user.count();
          await end.promise;
        },
        { timeout: 60_000 },
      );
    }
    const forgotten = forgetful();
    const report = await leak;
    end.resolve();
    await forgotten;
    expect(report).toMatchObject({ code: 'LG_LEAK_SUSPECTED', lease: { transaction: 'open' } });
    expect(report.lease.site).toMatchObject({ file: HERE, functionName: 'forgetful' });
  });
});
