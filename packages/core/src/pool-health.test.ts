import { describe, expect, it } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import { settle } from './testing/index.ts';

describe('a ping before the grant', () => {
  it('is skipped when the connection answered within pingAfterIdleMs', async () => {
    const { pool, clock, connector } = makePool();
    (await pool.acquire()).release();
    await clock.advance(500);
    await pool.acquire();
    expect(connector.pings).toBe(0);
  });

  it('is done when it has not been heard of for longer', async () => {
    const { pool, clock, connector } = makePool();
    (await pool.acquire()).release();
    await clock.advance(501);
    connector.onPing = 'hang';
    const waiting = watch(pool.acquire());
    expect(await statuses([waiting])).toBe('pending');
    expect(pool.counts()).toMatchObject({ resetting: 1, connecting: 0 });
    connector.finish('ping');
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(connector.connects).toBe(1);
  });

  it('is never done with prePing off', async () => {
    const { pool, clock, connector } = makePool({ prePing: false, keepaliveMs: 0 });
    (await pool.acquire()).release();
    await clock.advance(100_000);
    await pool.acquire();
    expect(connector.pings).toBe(0);
  });

  it('that fails closes the connection abruptly and all others opened before it, and opens a new one', async () => {
    const { pool, clock, connector, take } = makePool({ size: 3 });
    const [first, second, third] = await take(3);
    second?.release();
    third?.release();
    await clock.advance(501);
    connector.onPing = new Error('server restarted');
    const lease = await pool.acquire();
    expect(lease.connection.id).toBe(4);
    expect(connector.closed.map((each) => [each.id, each.closedBy])).toEqual([
      [3, 'abrupt'],
      [2, 'polite'],
    ]);
    first?.release();
    expect(connector.opened[0]?.closedBy).toBe('polite');
    expect(pool.snapshot().counters.pingFailures).toBe(1);
  });

  it('that hangs is bounded', async () => {
    const { pool, clock, connector } = makePool({ pingTimeoutMs: 1_000 });
    (await pool.acquire()).release();
    await clock.advance(501);
    connector.onPing = 'hang';
    const waiting = watch(pool.acquire());
    await clock.advance(999);
    expect(waiting.status).toBe('pending');
    await clock.advance(6);
    expect(waiting.value?.connection.id).toBe(2);
  });

  it('on a connection that dies meanwhile lets another idle one be tried at once', async () => {
    const { pool, clock, connector, take } = makePool();
    for (const lease of await take(2)) lease.release();
    await clock.advance(501);
    connector.onPing = 'hang';
    const waiting = watch(pool.acquire());
    await settle();
    connector.opened[1]?.die();
    pool.audit();
    expect(connector.pings).toBe(2);
    connector.finish('ping');
    connector.finish('ping');
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(waiting.value?.connection.id).toBe(1);
  });

  it('that fails after the pool was told to evict closes abruptly all the same', async () => {
    const { pool, clock, connector } = makePool();
    (await pool.acquire()).release();
    await clock.advance(501);
    connector.onPing = 'hang';
    const waiting = watch(pool.acquire());
    await settle();
    pool.evict();
    connector.finish('ping', new Error('gone'));
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(connector.closed[0]?.closedBy).toBe('abrupt');
    expect(pool.snapshot().counters.pingFailures).toBe(1);
  });

  it('that succeeds after the pool was told to evict does not save the connection', async () => {
    const { pool, clock, connector } = makePool();
    (await pool.acquire()).release();
    await clock.advance(501);
    connector.onPing = 'hang';
    connector.onClose = 'hang';
    const waiting = watch(pool.acquire());
    await settle();
    pool.evict();
    connector.finish('ping');
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(waiting.value?.connection.id).toBe(2);
  });
});

describe('a connection that dies', () => {
  it('while idle frees its slot at once', async () => {
    const { pool, connector, take } = makePool();
    for (const lease of await take(2)) lease.release();
    const closed: unknown[] = [];
    pool.on('close', ({ entryId, reason, error }) => closed.push([entryId, reason, error?.message]));
    connector.opened[0]?.die(new Error('57P01'));
    expect(pool.counts()).toMatchObject({ idle: 1, closing: 0 });
    expect(closed).toEqual([[1, 'disconnected', '57P01']]);
  });

  it('while lent frees its slot for the next waiter at once, and its holder learns why', async () => {
    const { pool, connector, take } = makePool({ size: 1 });
    const [lease] = await take(1);
    const waiting = watch(pool.acquire());
    const cause = new Error('ECONNRESET');
    connector.opened[0]?.die(cause);
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(() => lease?.connection).toThrow(expect.objectContaining({ code: 'LG_CONNECTION_LOST', cause }));
    expect(lease?.isOpen).toBe(false);
    lease?.release();
    expect(pool.counts().used).toBe(1);
    expect(pool.snapshot().counters.released).toBe(0);
  });

  it('while it is being cleaned frees its slot at once', async () => {
    const { pool, connector, take } = makePool({ size: 1 });
    const [lease] = await take(1);
    connector.onReset = 'hang';
    connector.opened[0]!.cleanliness = 'dirty';
    lease?.release();
    const waiting = watch(pool.acquire());
    connector.opened[0]?.die();
    expect(await statuses([waiting])).toBe('fulfilled');
    connector.finish('reset');
    await settle();
    expect(pool.counts()).toMatchObject({ used: 1, idle: 0, resetting: 0 });
  });

  it('in the moment between the end of connect and the grant is never granted', async () => {
    const { pool, clock, connector } = makePool({ size: 1 });
    connector.onConnect = 'hang';
    const waiting = watch(pool.acquire());
    await settle();
    const { connection } = connector.pending[0] as { connection: { die: () => void } };
    connector.finish('connect');
    await Promise.resolve();
    connection.die();
    connector.onConnect = 'ok';
    await clock.advance(200);
    expect(waiting.value?.connection.id).toBe(2);
    expect(connector.alive).toBe(1);
  });

  it('while it is being closed changes nothing', async () => {
    const { pool, connector, take } = makePool({ size: 1 });
    const [lease] = await take(1);
    connector.onClose = 'hang';
    lease?.destroy();
    expect(pool.counts().closing).toBe(1);
    connector.opened[0]?.die();
    expect(pool.counts().closing).toBe(1);
    connector.finish('close');
    await settle();
    expect(pool.counts().closing).toBe(0);
  });
});
