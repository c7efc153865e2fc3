import { describe, expect, it } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import { settle } from './testing/index.ts';

describe('close', () => {
  it('of a pool that opened nothing resolves at once', async () => {
    const { pool } = makePool();
    expect(await pool.close()).toEqual({ draining: 0, revoked: 0, lost: 0 });
    expect(pool.snapshot().state).toBe('closed');
  });

  it('turns every waiter away at once and everybody who comes later', async () => {
    const { pool, take } = makePool();
    const [first, second] = await take(2);
    const waiting = [pool.acquire(), pool.acquire()].map(watch);
    const closing = watch(pool.close());
    expect(await statuses([...waiting, closing])).toBe('rejected rejected pending');
    expect(waiting[0]?.error).toMatchObject({ code: 'LG_POOL_CLOSED' });
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'LG_POOL_CLOSED' });
    expect(pool.snapshot().state).toBe('closing');
    first?.release();
    second?.release();
    expect(await statuses([closing])).toBe('fulfilled');
  });

  it('closes idle connections now and leased ones when they come back', async () => {
    const { pool, connector, take } = makePool();
    const [first, second] = await take(2);
    first?.release();
    const closing = watch(pool.close());
    expect(connector.opened.map((each) => each.closedBy)).toEqual(['polite', undefined]);
    second?.release();
    expect(await statuses([closing])).toBe('fulfilled');
    expect(closing.value).toEqual({ draining: 1, revoked: 0, lost: 0 });
    expect(connector.alive).toBe(0);
  });

  it('takes back what is still lent after drainMs, and says how many', async () => {
    const { pool, clock, connector, take } = makePool({ drainMs: 5_000 });
    const [first, second] = await take(2);
    const closing = watch(pool.close());
    await clock.advance(1_000);
    first?.release();
    await clock.advance(3_999);
    expect(second?.isOpen).toBe(true);
    await clock.advance(1);
    expect(() => second?.connection).toThrow(
      expect.objectContaining({ code: 'LG_LEASE_REVOKED', reason: 'close' }),
    );
    expect(connector.opened[1]?.closedBy).toBe('cancel-first');
    expect(await statuses([closing])).toBe('fulfilled');
    expect(closing.value).toEqual({ draining: 2, revoked: 1, lost: 0 });
  });

  it('takes everything back at once with drainMs 0', async () => {
    const { pool, take } = makePool();
    await take(2);
    expect(await pool.close({ drainMs: 0 })).toEqual({ draining: 2, revoked: 2, lost: 0 });
  });

  it('waits for holders without limit with drainMs Infinity', async () => {
    const { pool, clock, take } = makePool();
    const [lease] = await take(1);
    const closing = watch(pool.close({ drainMs: Infinity }));
    await clock.advance(86_400_000);
    expect(closing.status).toBe('pending');
    lease?.release();
    expect(await statuses([closing])).toBe('fulfilled');
  });

  it('refuses a drainMs that is no duration, and stays open', async () => {
    const { pool } = makePool();
    await expect(pool.close({ drainMs: NaN })).rejects.toMatchObject({
      code: 'LG_INVALID_OPTION',
      option: 'drainMs',
    });
    expect(pool.snapshot().state).toBe('open');
  });

  it('called again returns the same promise, also when it is done', async () => {
    const { pool, take } = makePool();
    await take(1);
    const first = pool.close({ drainMs: 0 });
    expect(pool.close()).toBe(first);
    await first;
    expect(pool.close()).toBe(first);
  });

  it('during a connect gives the attempt up', async () => {
    const { pool, connector } = makePool();
    connector.onConnect = 'hang';
    const waiting = watch(pool.acquire());
    await settle();
    const closing = watch(pool.close());
    expect(await statuses([waiting, closing])).toBe('rejected fulfilled');
    expect(connector.pending).toEqual([]);
  });

  it('during a connect that has just succeeded closes what came', async () => {
    const { pool, connector } = makePool();
    connector.onConnect = 'hang';
    watch(pool.acquire());
    await settle();
    connector.finish('connect');
    const closing = watch(pool.close());
    expect(await statuses([closing])).toBe('fulfilled');
    expect(connector.opened.map((each) => each.closedBy)).toEqual(['polite']);
  });

  it('during a ping closes the connection when it is over', async () => {
    const { pool, clock, connector } = makePool();
    (await pool.acquire()).release();
    await clock.advance(501);
    connector.onPing = 'hang';
    watch(pool.acquire());
    const closing = watch(pool.close());
    expect(await statuses([closing])).toBe('pending');
    connector.finish('ping');
    expect(await statuses([closing])).toBe('fulfilled');
    expect(connector.opened[0]?.closedBy).toBe('polite');
  });

  it('during a reset that hangs is bounded by its time', async () => {
    const { pool, clock, connector, take } = makePool({ resetTimeoutMs: 1_000 });
    const [lease] = await take(1);
    connector.opened[0]!.cleanliness = 'dirty';
    connector.onReset = 'hang';
    lease?.release();
    const closing = watch(pool.close());
    await clock.advance(1_000);
    expect(await statuses([closing])).toBe('fulfilled');
    expect(connector.opened[0]?.closedBy).toBe('cancel-first');
  });

  it('says how many backends may live on', async () => {
    const { pool, clock, connector, take } = makePool({ closeTimeoutMs: 2_000 });
    for (const lease of await take(2)) lease.release();
    connector.onClose = 'hang';
    const closing = watch(pool.close());
    await clock.advance(2_000);
    expect(closing.value).toEqual({ draining: 0, revoked: 0, lost: 2 });
  });

  it('resolves when the last lease dies by itself', async () => {
    const { pool, connector, take } = makePool();
    await take(1);
    const closing = watch(pool.close());
    connector.opened[0]?.die();
    expect(await statuses([closing])).toBe('fulfilled');
  });

  it('leaves no timer behind', async () => {
    const { pool, clock, connector, take } = makePool({ minIdle: 1, acquireTimeoutMs: 500 });
    await take(2);
    connector.onConnect = new Error('down');
    watch(pool.acquire());
    await clock.advance(10);
    await pool.close({ drainMs: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves no maintenance of idle connections behind', async () => {
    const { pool, clock } = makePool();
    (await pool.acquire()).release();
    expect(clock.pendingTimers).toBeGreaterThan(0);
    await pool.close();
    await clock.advance(1_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('by a listener of a grant opens no connection that was to be held ready', async () => {
    const { pool, connector } = makePool({ minIdle: 1, maxConnecting: 1, connectTimeoutMs: Infinity });
    connector.onConnect = 'hang';
    const waiting = watch(pool.acquire());
    const closing: ReturnType<typeof watch>[] = [];
    pool.on('acquire', () => closing.push(watch(pool.close({ drainMs: 0 }))));
    connector.finish('connect');
    expect(await statuses([waiting, ...closing])).toBe('fulfilled');
    expect(await statuses(closing)).toBe('fulfilled');
    expect(connector.connects).toBe(1);
  });

  it('of a pool whose maintenance is due does not bring it back to life', async () => {
    const { pool, clock, connector, take } = makePool({
      minIdle: 1,
      keepaliveMs: 1_000,
      idleTimeoutMs: 2_000,
    });
    const [lease] = await take(1);
    connector.onClose = 'hang';
    const closing = watch(pool.close());
    await clock.advance(1_500);
    lease?.release();
    await clock.advance(1_000);
    pool.evict();
    connector.finish('close');
    connector.finish('close');
    expect(await statuses([closing])).toBe('fulfilled');
    expect(connector.connects).toBe(2);
  });
});
