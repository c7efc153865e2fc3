import { describe, expect, it } from 'vitest';
import { makePool } from '../test/pool-fixture.ts';
import type { MeasuredDuration } from './duration-feed.ts';
import { settle } from './testing/index.ts';

/** All that is told from now on. */
function heardOf(pool: ReturnType<typeof makePool>['pool']): { heard: MeasuredDuration[]; stop: () => void } {
  const heard: MeasuredDuration[] = [];
  const stop = pool.observeDurations((durations) => void heard.push(...durations));
  return { heard, stop };
}

const of = (heard: readonly MeasuredDuration[], kind: string): number[] =>
  heard.filter((each) => each.of === kind).map(({ ms }) => ms);

describe('whoever observes the durations of a pool', () => {
  it('hears of each that the histograms count, however a lease ends', async () => {
    const { pool, clock, connector } = makePool({ size: 3 });
    const { heard } = heardOf(pool);
    const [returned, lost, revoked] = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    const late = pool.acquire({ timeoutMs: 40 }).catch((error: unknown) => error);
    await clock.advance(40);
    await late;
    lost.connection.die();
    returned.release();
    await clock.advance(5);
    revoked.record.owner.revoke(revoked.record, 'leak', undefined);
    await settle();
    expect(connector.connects).toBe(3);
    expect(of(heard, 'create')).toEqual([0, 0, 0]);
    expect(of(heard, 'wait')).toEqual([0, 0, 0, 40]);
    expect(of(heard, 'use')).toEqual([40, 40, 45]);
    const { waitTime, useTime, createTime } = pool.snapshot();
    expect([createTime.count, waitTime.count, useTime.count]).toEqual([3, 4, 3]);
  });

  it('hears once all is done, so that it may do what it likes, and be done with it', async () => {
    const { pool } = makePool();
    const seen: string[] = [];
    const stop = pool.observeDurations((durations) => {
      pool.audit();
      seen.push(...durations.map((each) => each.of));
      pool.evict();
    });
    (await pool.acquire()).release();
    await settle();
    expect(seen).toEqual(['create', 'wait', 'use']);
    stop();
    (await pool.acquire()).release();
    await settle();
    expect(seen).toHaveLength(3);
  });

  it('hurts nobody when it throws, and does not keep others from hearing', async () => {
    const { pool, logged } = makePool();
    pool.observeDurations(() => {
      throw new Error('out of order');
    });
    const { heard, stop } = heardOf(pool);
    await pool.acquire();
    await settle();
    expect(heard.length).toBeGreaterThan(0);
    expect(logged.join()).toContain('a listener of "durations" failed: out of order');
    stop();
  });
});
