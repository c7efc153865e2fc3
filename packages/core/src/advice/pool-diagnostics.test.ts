import { once } from 'node:events';
import process from 'node:process';
import { describe, expect, it, test } from 'vitest';
import { makePool, watch } from '../../test/pool-fixture.ts';
import { seededRandom } from '../random.ts';
import { getAllPoolDiagnostics, getPoolDiagnostics } from './get-pool-diagnostics.ts';
import { announcePool, livePools, watchLivePools } from './live-pools.ts';
import type { LivePool } from './live-pools.ts';
import { windowOf } from './pool-window.ts';

describe('the diagnosis of a pool', () => {
  it('of one that nobody has used is healthy, and looks at no past', () => {
    const { pool } = makePool();
    expect(getPoolDiagnostics(pool)).toMatchObject({
      schemaVersion: 1,
      health: 'healthy',
      potentialLeaks: [],
      recommendations: [],
      windowMs: 0,
      server: undefined,
      pool: { name: 'main', options: { size: 2, maxUses: null }, waiters: [] },
    });
  });

  it('of all pools of the process needs none of them at hand, and leaves out what cannot be diagnosed', async () => {
    const { pool, take } = makePool({ name: 'everywhere' });
    const withdraw = [announcePool(pool), announcePool({ name: 'bare', snapshot: () => pool.snapshot() })];
    await take(1);
    expect(getAllPoolDiagnostics()).toEqual([pool.diagnostics()]);
    for (const each of withdraw) each();
    expect(getAllPoolDiagnostics()).toEqual([]);
  });

  it('names the leak that the others wait for, and who waits', async () => {
    const { pool, clock, take } = makePool({ size: 2, acquireTimeoutMs: 60_000, leakThresholdMs: 5_000 });
    await take(2);
    const waiter = watch(pool.acquire({ label: 'checkout', priority: 'high', tenant: 'a' }));
    await clock.advance(20_000);
    const { health, pool: seen, potentialLeaks, recommendations, windowMs } = getPoolDiagnostics(pool);
    expect(health).toBe('critical');
    expect(potentialLeaks.map(({ id }) => id)).toEqual([1, 2]);
    expect(recommendations.map(({ rule }) => rule)).toEqual(['saturated', 'leaking-site']);
    expect(recommendations[1]?.summary).toContain('keeps 2 of 2 connections');
    expect(seen.waiters).toEqual([
      {
        waitedMs: 20_000,
        timeoutMs: 60_000,
        site: expect.objectContaining({ file: expect.stringContaining('pool-diagnostics.test.ts') }),
        label: 'checkout',
        priority: 'high',
        tenant: 'a',
      },
    ]);
    expect(windowMs).toBeGreaterThanOrEqual(15_000);
    expect(waiter.status).toBe('pending');
    const closed = pool.close({ drainMs: 0 });
    await clock.advance(0);
    await closed;
  });

  it('is the same as JSON, and frozen', async () => {
    const { pool, take } = makePool();
    const [lease] = await take(1);
    const diagnosis = getPoolDiagnostics(pool);
    expect(JSON.parse(JSON.stringify(diagnosis))).toEqual(JSON.parse(JSON.stringify({ ...diagnosis })));
    expect(JSON.stringify(diagnosis.pool.options)).not.toMatch(/logger|clock|random/);
    expect(Object.isFrozen(diagnosis)).toBe(true);
    lease?.release();
  });

  it('shows twenty who wait and no more', async () => {
    const { pool, take } = makePool({ size: 1 });
    const [lease] = await take(1);
    const all = Array.from({ length: 30 }, () => watch(pool.acquire({ timeoutMs: Infinity })));
    expect(pool.snapshot()).toMatchObject({ pending: 30 });
    const { waiters } = pool.snapshot();
    expect(waiters).toHaveLength(20);
    expect(waiters[0]).toMatchObject({ timeoutMs: undefined, label: undefined, tenant: undefined });
    await pool.close({ drainMs: 0 });
    expect(all.every(({ status }) => status === 'rejected')).toBe(true);
    lease?.release();
  });

  it('knows the other pools of the process that go to the same server', () => {
    const [orders, reports, elsewhere] = ['orders', 'reports', 'elsewhere'].map((name) => {
      const { pool, connector } = makePool({ name });
      Object.assign(connector, { facts: () => ({ server: name === 'elsewhere' ? 'b:5432' : 'a:5432' }) });
      return pool;
    });
    const withdraw = [orders, reports, elsewhere].map((pool) => announcePool(pool as LivePool));
    const rules = (): string[] =>
      getPoolDiagnostics(orders as NonNullable<typeof orders>).recommendations.map(({ summary }) => summary);
    expect(rules()).toEqual(['2 pools of this process go to the same database as the same user']);
    withdraw[1]?.();
    expect(rules()).toEqual([]);
    withdraw.forEach((stop) => stop());
    expect(livePools()).not.toContain(orders);
  });
});

describe('the past of a pool', () => {
  it('is kept in samples five seconds apart, while connections are in use, and of ten minutes at most', async () => {
    const { pool, clock, take } = makePool({ leakThresholdMs: Infinity });
    await clock.advance(60_000);
    expect(pool.history()).toHaveLength(1);
    const [lease] = await take(1);
    await clock.advance(1_000_000);
    const history = pool.history();
    expect(history).toHaveLength(121);
    const spacing = history.slice(1, -1).map(({ at }, index) => at - (history[index]?.at ?? 0));
    expect(Math.min(...spacing)).toBeGreaterThanOrEqual(5_000);
    lease?.release();
  });

  it('has the most that were leased at once between two samples, though nobody looked then', async () => {
    const { pool, clock, take } = makePool({ size: 5, leakThresholdMs: Infinity });
    const [holder] = await take(1);
    await clock.advance(6_000);
    const burst = await take(4);
    burst.forEach((lease) => lease.release());
    expect(pool.history().at(-1)).toMatchObject({ used: 1, peakUsed: 5 });
    await clock.advance(6_000);
    expect(pool.history().at(-2)).toMatchObject({ used: 1, peakUsed: 5 });
    expect(pool.history().at(-1)).toMatchObject({ used: 1, peakUsed: 1 });
    holder?.release();
  });

  it('of less than ten seconds is none', () => {
    const { pool } = makePool();
    expect(windowOf([])).toBeUndefined();
    expect(windowOf(pool.history())).toBeUndefined();
  });
});

test.each([1, 2, 3, 4, 5])(
  'what is in use on average is by Little’s law what was (seed %i)',
  async (seed) => {
    const random = seededRandom(seed);
    const { pool, clock, take } = makePool({ size: 8, leakThresholdMs: Infinity, idleThresholdMs: Infinity });
    let usedMs = 0;
    const startAt = clock.now();
    const [watched] = await take(1);
    for (let step = 0; step < 150; step += 1) {
      const count = Math.floor(random.next() * 7);
      const leases = await take(count);
      const stepMs = 10 + Math.floor(random.next() * 500);
      usedMs += stepMs * count;
      await clock.advance(stepMs);
      leases.forEach((lease) => lease.release());
    }
    const lengthMs = clock.now() - startAt;
    watched?.release();
    const window = windowOf(pool.history());
    expect(window?.lengthMs).toBeLessThanOrEqual(lengthMs);
    // The first sample comes a second or so after the beginning; the lease that was open all the time counts when it ends.
    expect(window?.meanUsed).toBeCloseTo(usedMs / lengthMs + 1, 0);
    expect(window).toMatchObject({ timeouts: 0, pendingShare: 0 });
  },
);

describe('whoever watches the pools of the process', () => {
  const made = (name: string): LivePool => ({ name, snapshot: () => makePool().pool.snapshot() });

  it('is told of each that is made, until it stops', () => {
    const names: string[] = [];
    const stop = watchLivePools(({ name }) => void names.push(name));
    const [orders, reports] = [made('orders'), made('reports')];
    const withdraw = [announcePool(orders)];
    stop();
    withdraw.push(announcePool(reports));
    for (const each of withdraw) each();
    expect(names).toEqual(['orders']);
  });

  it('keeps no pool from being made when it throws', async () => {
    const stop = watchLivePools(() => {
      throw new Error('out of order');
    });
    const warned = once(process, 'warning');
    const orders = made('orders');
    const withdraw = announcePool(orders);
    expect(livePools()).toContain(orders);
    expect(await warned).toMatchObject([{ code: 'LG_LISTENER_FAILED' }]);
    withdraw();
    stop();
  });
});
