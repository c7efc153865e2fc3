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

describe('a connection that dies while its backend may live on', () => {
  const busy = async (options: Parameters<typeof makePool>[0] = {}) => {
    const world = makePool({ size: 1, closeTimeoutMs: 2_000, ...options });
    const told: string[] = [];
    world.pool.on('close', ({ reason, error }) => told.push(`${reason}: ${error?.message}`));
    return { ...world, told };
  };

  it('keeps its slot until the backend is known to be gone', async () => {
    const { pool, connector, take, told } = await busy();
    await take(1);
    const waiting = watch(pool.acquire());
    connector.onDeath = 'hang';
    connector.opened[0]?.die(new Error('reset'));
    await settle();
    expect(waiting.status).toBe('pending');
    expect(pool.counts()).toMatchObject({ used: 0, closing: 1, lost: 0 });
    connector.finish('close');
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(pool.counts()).toMatchObject({ used: 1, closing: 0, lost: 0 });
    expect(told).toEqual(['disconnected: reset']);
  });

  it.each([
    ['the connector says so', { value: 'lost' } as const, 0],
    ['asking fails', new Error('refused'), 0],
    ['nobody answers in time', 'hang' as const, 2_000],
  ])('counts as lost when %s', async (_when, onDeath, afterMs) => {
    const { pool, clock, connector, take, told } = await busy();
    await take(1);
    connector.onDeath = onDeath;
    connector.opened[0]?.die(new Error('reset'));
    await clock.advance(afterMs);
    await settle();
    expect(pool.counts()).toMatchObject({ used: 0, closing: 0, lost: 1 });
    expect(told).toEqual(['disconnected: reset']);
    pool.audit();
  });

  it('takes no slot for want of room among the lost', async () => {
    const { pool, connector, take } = await busy();
    connector.onDeath = { value: 'lost' };
    for (let n = 0; n < 3; n += 1) {
      await take(1);
      connector.opened[n]?.die(new Error('reset'));
      await settle();
    }
    expect(pool.counts()).toMatchObject({ used: 0, closing: 0, lost: 1 });
  });

  it('is gone where the connector fails at once', async () => {
    const { pool, connector, take, logged } = await busy();
    await take(1);
    connector.afterDeath = () => {
      throw new Error('a bug');
    };
    connector.opened[0]?.die(new Error('reset'));
    await settle();
    expect(pool.counts()).toMatchObject({ used: 0, closing: 0, lost: 0 });
    expect(logged.join()).toContain('connector.afterDeath');
  });
});

describe('a lost connection whose backend is found to be gone', () => {
  it('is lost no longer', async () => {
    const { pool, connector, take } = makePool({ size: 1 });
    const [lease] = await take(1);
    connector.onClose = { value: 'lost' };
    lease?.destroy();
    await settle();
    expect(pool.counts().lost).toBe(1);
    connector.foundGone.get(connector.opened[0] as never)?.();
    await settle();
    expect(pool.counts().lost).toBe(0);
    pool.audit();
  });

  it('gives back the slot that it kept for want of room', async () => {
    const { pool, connector, take } = makePool({ size: 1 });
    connector.onClose = { value: 'lost' };
    for (let n = 0; n < 2; n += 1) {
      const [lease] = await take(1);
      lease?.destroy();
      await settle();
    }
    expect(pool.counts()).toMatchObject({ lost: 1, closing: 1 });
    connector.foundGone.get(connector.opened[1] as never)?.();
    await settle();
    expect(pool.counts()).toMatchObject({ lost: 1, closing: 0 });
    pool.audit();
  });

  it('is lost as ever where the connector fails', async () => {
    const { pool, connector, take, logged } = makePool({ size: 1 });
    const [lease] = await take(1);
    connector.onClose = { value: 'lost' };
    connector.whenGone = () => {
      throw new Error('a bug');
    };
    lease?.destroy();
    await settle();
    expect(pool.counts().lost).toBe(1);
    expect(logged.join()).toContain('connector.whenGone');
  });

  it('may be one that was never opened', async () => {
    const { pool, clock, connector } = makePool({ size: 1, connectTimeoutMs: 100, closeTimeoutMs: 50 });
    connector.connect = () => new Promise(() => undefined);
    const waiting = watch(pool.acquire({ timeoutMs: 100 }));
    await clock.advance(200);
    expect(await statuses([waiting])).toBe('rejected');
    expect(pool.counts().lost).toBe(1);
    expect(connector.foundGone.size).toBe(0);
  });
});
