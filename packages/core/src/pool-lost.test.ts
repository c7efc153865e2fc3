import { describe, expect, it } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import { settle } from './testing/index.ts';

describe('a close that does not end', () => {
  it('frees the slot after closeTimeoutMs and counts as lost until lostTimeoutMs', async () => {
    const { pool, clock, connector, take } = makePool({
      size: 1,
      closeTimeoutMs: 2_000,
      lostTimeoutMs: 10_000,
    });
    const [lease] = await take(1);
    connector.onClose = 'hang';
    const told: string[] = [];
    pool.on('lost', ({ entryId }) => told.push(`lost ${entryId}`));
    pool.on('close', ({ entryId, reason }) => told.push(`close ${entryId} ${reason}`));
    lease?.destroy();
    const waiting = watch(pool.acquire());
    await clock.advance(1_999);
    expect(waiting.status).toBe('pending');
    await clock.advance(1);
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(pool.counts()).toMatchObject({ used: 1, lost: 1 });
    await clock.advance(10_000);
    expect(pool.counts().lost).toBe(0);
    expect(told).toEqual(['lost 1', 'close 1 destroyed']);
  });

  it('is no longer lost when it ends after all', async () => {
    const { pool, clock, connector, take } = makePool({ size: 1 });
    const [lease] = await take(1);
    connector.onClose = 'hang';
    lease?.destroy();
    await clock.advance(2_000);
    expect(pool.counts().lost).toBe(1);
    connector.finish('close');
    await settle();
    expect(pool.counts().lost).toBe(0);
    await clock.advance(60_000);
    expect(pool.snapshot().counters).toMatchObject({ connected: 1, closed: 1 });
  });

  it('is lost at once when it fails, or when the connector says that the backend may live on', async () => {
    const { pool, connector, take } = makePool();
    const [first, second] = await take(2);
    connector.onClose = new Error('ECONNRESET');
    first?.destroy();
    connector.onClose = { value: 'lost' };
    second?.destroy();
    await settle();
    expect(pool.counts()).toMatchObject({ lost: 2, closing: 0 });
  });

  it('is not forgotten with lostTimeoutMs Infinity', async () => {
    const { pool, clock, connector, take } = makePool({ lostTimeoutMs: Infinity });
    const [lease] = await take(1);
    connector.onClose = 'hang';
    lease?.destroy();
    await clock.advance(86_400_000);
    expect(pool.counts().lost).toBe(1);
    connector.finish('close');
    await settle();
    expect(pool.counts().lost).toBe(0);
  });

  it('keeps its slot when max connections are lost already, until one of these is gone', async () => {
    const { pool, clock, connector, take } = makePool({
      size: 1,
      closeTimeoutMs: 2_000,
      lostTimeoutMs: 10_000,
    });
    const reasons: string[] = [];
    pool.on('close', ({ entryId, reason }) => reasons.push(`${entryId} ${reason}`));
    connector.onClose = 'hang';
    const [first] = await take(1);
    first?.destroy();
    await clock.advance(2_000);
    const [second] = await take(1);
    second?.destroy();
    const waiting = watch(pool.acquire());
    await clock.advance(9_999);
    expect(pool.counts()).toMatchObject({ lost: 1, closing: 1, pending: 1 });
    await clock.advance(1);
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(pool.counts()).toMatchObject({ lost: 1, closing: 0, used: 1 });
    expect(reasons).toEqual(['1 destroyed', '2 destroyed']);
  });

  it('that ends while it has no room among the lost frees its slot for good', async () => {
    const { pool, clock, connector, take } = makePool({
      size: 1,
      closeTimeoutMs: 2_000,
      lostTimeoutMs: 10_000,
    });
    connector.onClose = { value: 'lost' };
    const [first] = await take(1);
    first?.destroy();
    await settle();
    connector.onClose = 'hang';
    const [second] = await take(1);
    second?.destroy();
    await clock.advance(3_000);
    expect(pool.counts()).toMatchObject({ lost: 1, closing: 1 });
    connector.finish('close');
    await settle();
    expect(pool.counts()).toMatchObject({ lost: 1, closing: 0 });
    await clock.advance(20_000);
    expect(pool.counts()).toMatchObject({ lost: 0, closing: 0 });
  });

  it('that fails late stays lost until its time is over', async () => {
    const { pool, clock, connector, take } = makePool({ lostTimeoutMs: 10_000 });
    connector.onClose = 'hang';
    const [lease] = await take(1);
    lease?.destroy();
    await clock.advance(2_000);
    connector.finish('close', new Error('too late'));
    await settle();
    expect(pool.counts().lost).toBe(1);
    await clock.advance(10_000);
    expect(pool.counts().lost).toBe(0);
  });
});
