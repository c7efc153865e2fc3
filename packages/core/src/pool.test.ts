import { describe, expect, it } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import { settle } from './testing/index.ts';

describe('a pool', () => {
  it('opens nothing before it is asked', async () => {
    const { pool, clock, connector } = makePool();
    await clock.advance(10_000);
    expect(connector.connects).toBe(0);
    expect(pool.counts()).toMatchObject({ name: 'main', used: 0, idle: 0, connecting: 0, size: 2, max: 2 });
  });

  it('opens a connection for the first caller and lends the same one to the next', async () => {
    const { pool, connector } = makePool();
    const first = await pool.acquire();
    first.release();
    const second = await pool.acquire();
    expect(second.connection).toBe(connector.opened[0]);
    expect(second).not.toBe(first);
    expect(connector.connects).toBe(1);
  });

  it('lends the connection that was returned last, so that the others can go', async () => {
    const { pool, take } = makePool();
    const [first, second] = await take(2);
    const last = second?.connection;
    first?.release();
    second?.release();
    expect((await pool.acquire()).connection).toBe(last);
  });

  it('opens up to size + maxOverflow and no more', async () => {
    const { pool, connector, take } = makePool({ size: 2, maxOverflow: 1 });
    await take(3);
    const fourth = watch(pool.acquire());
    expect(await statuses([fourth])).toBe('pending');
    expect(connector.connects).toBe(3);
    expect(pool.snapshot()).toMatchObject({ used: 3, pending: 1, overflow: 1 });
  });

  it('closes overflow connections once they have lingered', async () => {
    const { pool, clock, connector, take } = makePool({ size: 1, maxOverflow: 2, overflowLingerMs: 2_000 });
    for (const lease of await take(3)) lease.release();
    await clock.advance(1_999);
    expect(pool.counts().idle).toBe(3);
    await clock.advance(1);
    expect(pool.counts()).toMatchObject({ idle: 1, closing: 0 });
    expect(connector.closed.map((each) => each.closedBy)).toEqual(['polite', 'polite']);
  });

  it('holds minIdle connections ready from the start, and makes up for those that are taken', async () => {
    const { pool, clock, connector } = makePool({ size: 4, minIdle: 2 });
    await clock.advance(0);
    expect(pool.counts()).toMatchObject({ idle: 2, used: 0 });
    await pool.acquire();
    await clock.advance(0);
    expect(pool.counts()).toMatchObject({ idle: 2, used: 1 });
    expect(connector.connects).toBe(3);
  });

  it('does not close and open again the overflow connections that minIdle wants', async () => {
    const { pool, clock, connector } = makePool({
      size: 1,
      maxOverflow: 2,
      minIdle: 2,
      overflowLingerMs: 100,
    });
    await clock.advance(60_000);
    expect(connector.connects).toBe(2);
    expect(pool.counts().idle).toBe(2);
  });

  it('lends for the time of a function, and takes back when it fails', async () => {
    const { pool, connector } = makePool();
    const failure = new Error('no such table');
    await expect(pool.use((connection, lease) => `${connection.id} ${lease.id}`)).resolves.toBe('1 1');
    await expect(pool.use(() => Promise.reject(failure))).rejects.toBe(failure);
    expect(pool.counts()).toMatchObject({ used: 0, idle: 1 });
    expect(connector.closed).toEqual([]);
  });

  it('takes a lease back at the end of its "await using" block', async () => {
    const { pool } = makePool();
    {
      await using lease = await pool.acquire();
      expect(lease.isOpen).toBe(true);
    }
    expect(pool.counts().used).toBe(0);
  });

  it('closes at the end of an "await using" block of its own', async () => {
    const { pool } = makePool();
    await pool[Symbol.asyncDispose]();
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'LG_POOL_CLOSED' });
  });

  it('keeps no process alive while nobody waits', async () => {
    const { clock, take } = makePool();
    const [lease] = await take(2);
    await clock.advance(1);
    expect(clock.pendingTimers).toBeGreaterThan(0);
    expect(clock.keepAliveTimers).toBe(0);
    lease?.release();
    expect(clock.keepAliveTimers).toBe(0);
  });

  it('keeps the process alive while somebody waits', async () => {
    const { pool, clock, take } = makePool();
    const [lease] = await take(2);
    const waiting = watch(pool.acquire());
    await settle();
    expect(clock.keepAliveTimers).toBe(1);
    lease?.release();
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(clock.keepAliveTimers).toBe(0);
  });
});

describe('a snapshot', () => {
  it('is frozen data that says who holds what', async () => {
    const { pool, clock } = makePool({ size: 3 });
    await pool.acquire({ label: 'nightly report' });
    await clock.advance(1_500);
    const snapshot = pool.snapshot();
    expect(snapshot).toMatchObject({
      schemaVersion: 1,
      state: 'open',
      used: 1,
      leases: [{ id: 1, heldMs: 1_500, idleMs: 1_500, label: 'nightly report', transaction: 'none' }],
      holders: [{ label: 'nightly report', count: 1, maxHeldMs: 1_500, state: 'no query yet', suspected: 0 }],
      counters: { acquired: 1, connected: 1, released: 0 },
      createTime: { count: 1 },
      waitTime: { count: 1 },
      lastConnectError: undefined,
    });
    expect(Object.isFrozen(snapshot) && Object.isFrozen(snapshot.leases)).toBe(true);
    expect(snapshot.leases[0]?.site?.file).toContain('pool.test.ts');
  });

  it('has what the connector knows of the server', () => {
    const { pool, connector, logged } = makePool();
    expect(pool.snapshot().facts).toEqual({});
    Object.assign(connector, { facts: () => ({ behindPooler: true }) });
    expect(pool.snapshot().facts).toEqual({ behindPooler: true });
    expect(Object.isFrozen(pool.snapshot().facts)).toBe(true);
    const facts = (): never => {
      throw new Error('boom');
    };
    Object.assign(connector, { facts });
    expect(pool.snapshot().facts).toEqual({});
    expect(logged).toEqual(['error a listener of "connector.facts" failed: boom']);
  });

  it('counts every acquire once, by how it ended', async () => {
    const { pool, clock } = makePool({ size: 1, maxWaiting: 2, acquireTimeoutMs: 100 });
    const controller = new AbortController();
    const all = [
      pool.acquire(),
      pool.acquire(),
      pool.acquire({ signal: controller.signal }),
      pool.acquire(),
    ].map(watch);
    await clock.advance(1);
    all.push(...[pool.acquire({ timeoutMs: -1 }), pool.acquire()].map(watch));
    controller.abort();
    await clock.advance(200);
    expect(await statuses(all)).toBe('fulfilled rejected rejected rejected rejected rejected');
    const { acquired, timeouts, aborted, rejected } = pool.snapshot().counters;
    expect({ acquired, timeouts, aborted, rejected }).toEqual({
      acquired: 1,
      timeouts: 1,
      aborted: 1,
      rejected: 3,
    });
  });

  it('names the last connect error only while it lasts', async () => {
    const { pool, clock, connector } = makePool();
    connector.onConnect = new AggregateError(
      [new Error('refused on ::1'), new Error('refused on 127.0.0.1')],
      '',
    );
    const waiting = watch(pool.acquire());
    await clock.advance(0);
    expect(pool.snapshot().lastConnectError).toBe('refused on ::1; refused on 127.0.0.1');
    connector.onConnect = 'ok';
    await clock.advance(1_000);
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(pool.snapshot().lastConnectError).toBeUndefined();
  });
});
