import { describe, expect, it, onTestFinished } from 'vitest';
import { makePool } from '../test/pool-fixture.ts';
import type { MeasuredDuration } from './duration-feed.ts';
import { setSpanSource } from './span-source.ts';
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

describe('the span of an acquire', () => {
  /** The code runs under what is set here. */
  function trace(): { span: object | undefined } {
    const now: { span: object | undefined } = { span: undefined };
    const former = setSpanSource(() => now.span);
    onTestFinished(() => void setSpanSource(former));
    return now;
  }

  it('is told with its wait and its hold, with that of whoever was in the way', async () => {
    const now = trace();
    const { pool, clock } = makePool({ size: 2 });
    const { heard } = heardOf(pool);
    const [first, second, third, fourth] = ['first', 'second', 'third', 'fourth'].map((name) => ({ name }));
    now.span = first;
    await pool.acquire();
    await clock.advance(10);
    now.span = second;
    const lease = await pool.acquire();
    now.span = third;
    const waiting = pool.acquire();
    now.span = fourth;
    const late = pool.acquire({ timeoutMs: 5 }).catch((error: unknown) => error);
    now.span = undefined;
    await clock.advance(5);
    lease.release();
    (await waiting).release();
    await settle();
    expect(heard.filter((each) => each.of === 'wait').map((each) => [each.spans, each.error])).toEqual([
      [{ span: first, blockedBy: undefined }, undefined],
      [{ span: second, blockedBy: undefined }, undefined],
      [{ span: fourth, blockedBy: first }, await late],
      [{ span: third, blockedBy: first }, undefined],
    ]);
    const held = heard.filter((each) => each.of === 'use').map((each) => each.spans?.span);
    expect(held).toEqual([second, third]);
  });

  it('is none where its source fails, and nothing comes of that', async () => {
    const former = setSpanSource(() => {
      throw new Error('out of order');
    });
    const { pool } = makePool();
    const { heard } = heardOf(pool);
    (await pool.acquire()).release();
    setSpanSource(former);
    await settle();
    expect(heard.map((each) => each.spans)).toEqual([undefined, undefined, undefined]);
  });
});
