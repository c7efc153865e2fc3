import { describe, expect, it } from 'vitest';
import { makePool, watch } from '../test/pool-fixture.ts';
import { percentileBetween } from './histogram.ts';

describe('a glance at a pool', () => {
  it('says what a snapshot says, without those who hold and wait', async () => {
    const { pool, clock, take } = makePool({ size: 2, leakThresholdMs: 5_000, acquireTimeoutMs: 60_000 });
    const before = pool.glance();
    const [first] = await take(2);
    const waiting = watch(pool.acquire());
    await clock.advance(7_000);
    const { at: _, leases, lastConnectError, ...snapshot } = pool.snapshot();
    const glance = pool.glance();
    expect(snapshot).toMatchObject(pool.counts());
    expect(glance).toMatchObject({
      ...pool.counts(),
      state: 'open',
      counters: snapshot.counters,
      lastConnectError,
    });
    expect(glance).toMatchObject({ at: clock.now(), acquireTimeoutMs: 60_000, suspected: 2, pending: 1 });
    expect(leases.filter(({ suspected }) => suspected)).toHaveLength(2);
    expect(Object.isFrozen(glance)).toBe(true);
    first?.release();
    await clock.advance(0);
    waiting.value?.release();
    const waits = [before.waits, pool.glance().waits] as const;
    expect(percentileBetween(...waits, 0.5)).toBeLessThan(1);
    expect(percentileBetween(...waits, 1)).toBeGreaterThanOrEqual(7_000);
  });

  it('says why nothing can be opened, for as long as that is so', async () => {
    const { pool, clock, connector } = makePool({ acquireTimeoutMs: 1_000 });
    connector.onConnect = new Error('no route');
    const waiting = watch(pool.acquire());
    await clock.advance(500);
    expect(pool.glance().lastConnectError).toBe('no route');
    await clock.advance(1_000);
    expect(waiting.status).toBe('rejected');
  });
});
