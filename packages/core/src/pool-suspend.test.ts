import { describe, expect, it } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';

describe('a suspended pool', () => {
  it('lets callers wait, and serves them in order once it is resumed', async () => {
    const { pool, connector } = makePool();
    (await pool.acquire()).release();
    pool.suspend();
    const all = [pool.acquire(), pool.acquire()].map(watch);
    expect(await statuses(all)).toBe('pending pending');
    expect(pool.snapshot()).toMatchObject({ state: 'suspended', idle: 1, pending: 2 });
    pool.audit();
    pool.resume();
    expect(await statuses(all)).toBe('fulfilled fulfilled');
    expect(connector.connects).toBe(2);
  });

  it('by a listener in the middle of serving serves nobody else; one that is closed there opens nothing more', async () => {
    for (const act of ['suspend', 'close'] as const) {
      const { pool, clock, connector, take } = makePool({ size: 3, minIdle: 1 });
      const taken = await take(3);
      const waiting = [pool.acquire(), pool.acquire()].map(watch);
      pool.suspend();
      for (const lease of taken) lease.release();
      const { connects } = connector;
      pool.on('acquire', () => void pool[act]());
      pool.resume();
      await clock.advance(0);
      const second = act === 'suspend' ? 'pending' : 'rejected';
      expect(await statuses(waiting)).toBe(`fulfilled ${second}`);
      expect([connector.connects, pool.counts().connecting]).toEqual([connects, 0]);
      waiting[0]?.value?.release();
    }
  });

  it('still keeps deadlines and takes leases back', async () => {
    const { pool, clock, take } = makePool({ acquireTimeoutMs: 100 });
    const [lease] = await take(1);
    pool.suspend();
    const waiting = watch(pool.acquire());
    lease?.release();
    await clock.advance(100);
    expect(waiting.error).toMatchObject({ code: 'LG_ACQUIRE_TIMEOUT' });
    expect(pool.counts()).toMatchObject({ used: 0, idle: 1 });
  });

  it('says in its timeout errors that it is suspended', async () => {
    const { pool, clock } = makePool({ acquireTimeoutMs: 100 });
    pool.suspend();
    const waiting = watch(pool.acquire());
    await clock.advance(100);
    expect(String(waiting.error)).toContain('the pool is suspended');
  });

  it('can be resumed and suspended twice, and closed', async () => {
    const { pool } = makePool();
    pool.resume();
    pool.suspend();
    pool.suspend();
    const waiting = watch(pool.acquire());
    await pool.close();
    expect(await statuses([waiting])).toBe('rejected');
    expect(waiting.error).toMatchObject({ code: 'LG_POOL_CLOSED' });
    pool.resume();
    expect(pool.snapshot().state).toBe('closed');
  });
});
