import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foreignAdapter } from '../test/foreign-adapter.ts';
import { PrismaClient, extend, rejectionOf, usePrisma } from '../test/rig.ts';
import { LifeguardAdapter, lifeguardAdapter } from './lifeguard-adapter.ts';

const database = usePrisma();

describe('an adapter that has the same copy of pg', () => {
  it('takes the pool as it is', async () => {
    const { prisma, pool } = database.make();
    expect(pool).toBeInstanceOf(pg.Pool);
    const adapter = await new PrismaPg(pool).connect();
    expect(adapter.underlyingDriver()).toBe(pool);
    await adapter.dispose();
    await prisma.user.create({ data: { email: 'a' } });
    expect(await prisma.user.findMany()).toEqual([{ id: 1, email: 'a' }]);
    expect(pool.snapshot().counters.acquired).toBeGreaterThan(1);
  });

  it('is no other when it is made by us', async () => {
    const { pool } = database.make();
    const adapter = await lifeguardAdapter(pool).connect();
    expect(adapter.underlyingDriver()).toBe(pool);
    await adapter.dispose();
    expect(lifeguardAdapter(pool).adapterName).toBe(new PrismaPg(pool).adapterName);
  });

  it('leaves the pool open when its client disconnects, and its listeners as they were', async () => {
    const { base, pool } = database.make();
    const before = pool.listenerCount('error');
    await base.user.count();
    await base.$disconnect();
    expect(pool.listenerCount('error')).toBe(before);
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('an adapter that has a copy of pg of its own', () => {
  let foreign: Awaited<ReturnType<typeof foreignAdapter>>;
  beforeAll(async () => {
    foreign = await foreignAdapter();
  });
  afterAll(() => foreign.remove());

  it('takes the pool for connection options, and says nothing', async () => {
    const { pool } = database.make();
    const adapter = await new foreign.Adapter(pool).connect();
    expect(adapter.underlyingDriver()).not.toBe(pool);
    await adapter.dispose();
  });

  it('is noticed by a managed transaction, which says what to do', async () => {
    const { pool } = database.make();
    const base = new PrismaClient({ adapter: new foreign.Adapter({ connectionString: database.url() }) });
    const error = await rejectionOf(extend(base, pool).$managedTransaction(() => 1));
    expect(error).toMatchObject({ code: 'LG_UNSUPPORTED' });
    expect(error.message).toContain('lifeguardAdapter(pool)');
    await base.$disconnect();
  });

  it('uses the pool when it is made by us, with all that the pool does', async () => {
    const { pool } = database.make({ max: 1 });
    const adapter = new LifeguardAdapter(pool, (taken) => new foreign.Adapter(taken));
    const base = new PrismaClient({ adapter });
    const prisma = extend(base, pool);
    await prisma.$managedTransaction(async (tx) => {
      await tx.user.create({ data: { email: 'a' } });
      expect(pool.snapshot()).toMatchObject({ used: 1 });
    });
    const failing = prisma.$managedTransaction(
      { timeoutMs: 200 },
      (tx) => tx.$queryRaw`select pg_sleep(30)::text`,
    );
    expect(await rejectionOf(failing)).toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    expect(await prisma.user.findMany()).toEqual([{ id: 1, email: 'a' }]);
    await base.$disconnect();
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('an adapter that takes nothing for a pool', () => {
  it('is refused, and nothing is connected', async () => {
    const { pool } = database.make();
    const adapter = new LifeguardAdapter(pool, () => new PrismaPg({ host: '127.0.0.1' }));
    const error = await rejectionOf(adapter.connect());
    expect(error).toMatchObject({ code: 'LG_UNSUPPORTED' });
    expect(error.message).toContain('npm ls pg');
    expect(pool.snapshot().counters.acquired).toBe(0);
  });
});
