import { describe, expect, it } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import { settle } from './testing/index.ts';

describe('the queue', () => {
  it('serves in the order of arrival', async () => {
    const { pool, take } = makePool({ size: 1 });
    const [holder] = await take(1);
    const served: string[] = [];
    const use = async (name: string): Promise<void> => {
      const lease = await pool.acquire();
      served.push(name);
      lease.release();
    };
    const all = ['a', 'b', 'c'].map(use);
    holder?.release();
    await Promise.all(all);
    expect(served).toEqual(['a', 'b', 'c']);
  });

  it('hands a returned connection to the first waiter in the same step, so that no newcomer overtakes', async () => {
    const { pool, take } = makePool({ size: 1 });
    const [holder] = await take(1);
    const waiter = watch(pool.acquire());
    holder?.release();
    expect(pool.counts()).toMatchObject({ used: 1, idle: 0, pending: 0 });
    const newcomer = watch(pool.acquire());
    expect(await statuses([waiter, newcomer])).toBe('fulfilled pending');
  });

  it('gives a caller what its taker makes of the lease, or of the error', async () => {
    const { pool, take } = makePool({ size: 1, acquireTimeoutMs: Infinity });
    const taker = {
      granted: (lease: { readonly id: number }) => `lease ${lease.id}`,
      refused: (error: unknown) => Promise.reject(new Error('refused', { cause: error })),
    };
    const [holder] = await take(1);
    const [first, second] = [pool.acquireAs(taker), pool.acquireAs(taker)];
    holder?.release();
    expect(await first).toBe('lease 2');
    const closed = pool.close({ drainMs: 0 });
    await expect(second).rejects.toMatchObject({ message: 'refused', cause: { code: 'LG_POOL_CLOSED' } });
    await expect(pool.acquireAs(taker)).rejects.toMatchObject({ cause: { code: 'LG_POOL_CLOSED' } });
    await closed;
  });

  it('lets no newcomer overtake those who wait for a connect', async () => {
    const { pool, connector, take } = makePool({ size: 2 });
    const [holder] = await take(1);
    connector.onConnect = 'hang';
    const waiter = watch(pool.acquire());
    const newcomer = watch(pool.acquire());
    holder?.release();
    expect(await statuses([waiter, newcomer])).toBe('fulfilled pending');
  });

  it('does not bind a waiter to the connect it set off: a burst is served by the few that come first', async () => {
    const { pool, clock, connector } = makePool({ size: 20, maxOverflow: 40 });
    connector.onConnect = 'hang';
    const query = async (): Promise<void> => {
      await pool.use(() => new Promise<void>((resolve) => clock.setTimer(2, resolve)));
    };
    const all = Array.from({ length: 50 }, () => watch(query()));
    for (let elapsedMs = 0; elapsedMs < 400; elapsedMs += 1) {
      if (elapsedMs % 150 === 149) for (let each = 0; each < 4; each += 1) connector.finish('connect');
      await clock.advance(1);
    }
    expect(all.every((each) => each.status === 'fulfilled')).toBe(true);
    expect(connector.opened.length).toBeLessThanOrEqual(8);
  });

  it('rejects at once when maxWaiting callers wait, and says who holds', async () => {
    const { pool, take } = makePool({ size: 1, maxWaiting: 1 });
    await take(1);
    const waiting = watch(pool.acquire());
    const refused = watch(pool.acquire());
    expect(await statuses([waiting, refused])).toBe('pending rejected');
    expect(refused.error).toMatchObject({
      code: 'LG_QUEUE_FULL',
      pool: { pending: 1 },
      holders: [{ count: 1 }],
    });
  });

  it('does not count callers for whom there is room against maxWaiting', async () => {
    const { pool } = makePool({ size: 2, maxWaiting: 0 });
    const all = [pool.acquire(), pool.acquire(), pool.acquire()].map(watch);
    expect(await statuses(all)).toBe('fulfilled fulfilled rejected');
  });

  it('serves a thousand waiters after one another', async () => {
    const { pool, clock } = makePool({ size: 1 });
    const all = Array.from({ length: 1_000 }, () => watch(pool.use(() => 'done')));
    await clock.advance(0);
    while (pool.counts().pending > 0) await settle();
    await settle(); // The last ones have been granted; now they end.
    expect(all.every((each) => each.status === 'fulfilled')).toBe(true);
  });
});

describe('the deadline of an acquire', () => {
  it('ends the wait in the queue, at the latest 5 ms late and never early', async () => {
    const { pool, clock, take } = makePool({ acquireTimeoutMs: 5_001 });
    await take(2);
    const waiting = watch(pool.acquire());
    await clock.advance(5_000);
    expect(waiting.status).toBe('pending');
    await clock.advance(6);
    expect(waiting.error).toMatchObject({ code: 'LG_ACQUIRE_TIMEOUT', waitedMs: 5_001, pool: { used: 2 } });
  });

  it('covers queue, connect, retries and ping together', async () => {
    const { pool, clock, connector, take } = makePool({
      size: 1,
      acquireTimeoutMs: 2_000,
      connectTimeoutMs: 700,
      pingTimeoutMs: 700,
      closeTimeoutMs: 100,
    });
    const [lease] = await take(1);
    lease?.release();
    await clock.advance(600);
    connector.onPing = 'hang';
    connector.onConnect = 'hang';
    const startedAt = clock.now();
    let settledAt = 0;
    const waiting = pool.acquire().catch((error: unknown) => {
      settledAt = clock.now();
      return error;
    });
    await clock.advance(3_000);
    expect(await waiting).toMatchObject({ code: 'LG_CONNECT_TIMEOUT' });
    expect(settledAt - startedAt).toBe(2_000);
    expect([connector.pings, connector.connects]).toEqual([1, 3]);
  });

  it('can be set for one call', async () => {
    const { pool, clock, take } = makePool();
    await take(2);
    const waiting = watch(pool.acquire({ timeoutMs: 50 }));
    await clock.advance(50);
    expect(waiting.error).toMatchObject({ code: 'LG_ACQUIRE_TIMEOUT', waitedMs: 50 });
  });

  it('can be none', async () => {
    const { pool, clock, take } = makePool();
    const [lease] = await take(2);
    const waiting = watch(pool.acquire({ timeoutMs: Infinity }));
    await clock.advance(86_400_000);
    expect(waiting.status).toBe('pending');
    lease?.release();
    expect(await statuses([waiting])).toBe('fulfilled');
  });

  it('must be a duration', async () => {
    const { pool } = makePool();
    for (const timeoutMs of [NaN, -1]) {
      await expect(pool.acquire({ timeoutMs })).rejects.toMatchObject({
        code: 'LG_INVALID_OPTION',
        option: 'timeoutMs',
      });
    }
  });

  it('does not pass while an answer that has arrived waits behind a blocked event loop', async () => {
    const { pool, clock, connector } = makePool({ acquireTimeoutMs: 1_000 });
    const stalls: number[] = [];
    pool.on('stall', ({ lateMs }) => stalls.push(lateMs));
    connector.onConnect = 'hang';
    const waiting = watch(pool.acquire());
    await settle();
    await clock.stall(3_000, () => void connector.finish('connect'));
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(stalls).toEqual([2_000]);
    expect(pool.snapshot().longestStallMs).toBe(2_000);
  });

  it('passes after a stall when nothing had arrived, and the stall is named as the likely cause', async () => {
    const { pool, clock, take } = makePool({ acquireTimeoutMs: 1_000 });
    await take(2);
    const waiting = watch(pool.acquire());
    await clock.stall(3_000);
    expect(waiting.error).toMatchObject({ code: 'LG_ACQUIRE_TIMEOUT' });
    expect(String(waiting.error)).toContain('the event loop was blocked for 2s');
  });

  it('tells one stall once, though several deadlines notice it', async () => {
    const { pool, clock, connector, take } = makePool({ acquireTimeoutMs: 1_000, pingTimeoutMs: 900 });
    const [lease] = await take(2);
    lease?.release();
    await clock.advance(600);
    connector.onPing = 'hang';
    const stalls: number[] = [];
    pool.on('stall', ({ lateMs }) => stalls.push(lateMs));
    const all = [pool.acquire(), pool.acquire()].map(watch);
    await clock.stall(3_000);
    await clock.advance(10);
    expect(stalls).toHaveLength(1);
    expect(await statuses(all)).toBe('rejected rejected');
  });
});

describe('an AbortSignal', () => {
  it('ends the wait with its reason, the very same object', async () => {
    const { pool, take } = makePool();
    await take(2);
    const controller = new AbortController();
    const waiting = watch(pool.acquire({ signal: controller.signal }));
    const reason = { why: 'the request was cancelled' };
    controller.abort(reason);
    expect(await statuses([waiting])).toBe('rejected');
    expect(waiting.error).toBe(reason);
    expect(pool.counts().pending).toBe(0);
  });

  it('that has aborted before turns the caller away without a connect', async () => {
    const { pool, connector } = makePool();
    await expect(pool.acquire({ signal: AbortSignal.abort('too late') })).rejects.toBe('too late');
    expect(connector.connects).toBe(0);
  });

  it('has no effect once the lease is granted', async () => {
    const { pool } = makePool();
    const controller = new AbortController();
    const lease = await pool.acquire({ signal: controller.signal });
    controller.abort();
    expect(lease.isOpen).toBe(true);
    expect(pool.snapshot().counters.aborted).toBe(0);
  });

  it('does not cancel the connect that the caller set off: the connection is kept for the next', async () => {
    const { pool, clock, connector } = makePool();
    connector.onConnect = 'hang';
    const controller = new AbortController();
    const waiting = watch(pool.acquire({ signal: controller.signal }));
    await settle();
    controller.abort();
    expect(await statuses([waiting])).toBe('rejected');
    connector.finish('connect');
    await clock.advance(0);
    expect(pool.counts().idle).toBe(1);
    expect(connector.closed).toEqual([]);
  });
});
