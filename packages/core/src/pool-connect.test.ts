import { describe, expect, it } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import { FakeConnector, settle } from './testing/index.ts';

const refused = new Error('connect ECONNREFUSED');

describe('while the database cannot be reached', () => {
  it('one prober goes out at a time, with pauses that double up to the limit', async () => {
    const { pool, clock, connector } = makePool({
      acquireTimeoutMs: Infinity,
      connectBackoffMs: 100,
      maxConnectBackoffMs: 1_000,
      random: { next: () => 1 },
    });
    connector.onConnect = refused;
    const attempts: number[] = [];
    const startedAt = clock.now();
    pool.on('connect-failed', () => attempts.push(clock.now() - startedAt));
    const waiting = Array.from({ length: 5 }, () => watch(pool.acquire()));
    await clock.advance(4_600);
    // The two that were under way together count as one failure.
    expect(attempts).toEqual([0, 0, 100, 300, 700, 1_500, 2_500, 3_500, 4_500]);
    connector.onConnect = 'ok';
    await clock.advance(1_000);
    for (const each of waiting) {
      expect(await statuses([each])).toBe('fulfilled');
      each.value?.release();
    }
  });

  it('the pauses are drawn between half of them and all, so that many processes do not knock together', async () => {
    const pauses = [0, 0.999].map(async (drawn) => {
      const { pool, clock, connector } = makePool({ connectBackoffMs: 100, random: { next: () => drawn } });
      connector.onConnect = refused;
      const at: number[] = [];
      pool.on('connect-failed', () => at.push(clock.now()));
      watch(pool.acquire());
      await clock.advance(140);
      return (at[1] as number) - (at[0] as number);
    });
    const [shortest, longest] = await Promise.all(pauses);
    expect(shortest).toBe(50);
    expect(longest).toBeCloseTo(99.95);
  });

  it('a shorter pause after a later failure is not spent waiting for the end of a longer one', async () => {
    // The pause after the first failure, the lifetime of what was opened, the pause after the second failure.
    const drawn = [0.999, 0, 0];
    const { clock, connector, pool } = makePool({
      size: 3,
      connectBackoffMs: 100,
      maxConnectBackoffMs: 100,
      random: { next: () => drawn.shift() ?? 0 },
    });
    connector.onConnect = 'hang';
    const waiting = [watch(pool.acquire()), watch(pool.acquire())];
    connector.finish('connect', refused);
    await clock.advance(0);
    connector.onConnect = refused;
    connector.finish('connect');
    await clock.advance(0);
    connector.onConnect = 'ok';
    expect(await statuses(waiting)).toBe('fulfilled pending');
    await clock.advance(60);
    expect(await statuses(waiting)).toBe('fulfilled fulfilled');
    for (const each of waiting) each.value?.release();
  });

  it('hundreds of callers cause at most 10 attempts a second', async () => {
    const { pool, clock, connector } = makePool({ size: 50, acquireTimeoutMs: 60_000 });
    connector.onConnect = refused;
    for (let each = 0; each < 300; each += 1) watch(pool.acquire());
    for (let second = 0; second < 10; second += 1) {
      const before = connector.connects;
      for (let tenth = 0; tenth < 10; tenth += 1) {
        watch(pool.acquire());
        await clock.advance(100);
      }
      expect(connector.connects - before).toBeLessThanOrEqual(10);
    }
  });

  it('a prober that hangs holds up the others and no timer spins meanwhile', async () => {
    const { pool, clock, connector } = makePool({ connectTimeoutMs: 5_000, acquireTimeoutMs: 60_000 });
    connector.onConnect = refused;
    const waiting = [pool.acquire(), pool.acquire()].map(watch);
    await clock.advance(0);
    connector.onConnect = 'hang';
    await clock.advance(4_000);
    expect(connector.connects).toBe(3);
    expect(connector.pending).toHaveLength(1);
    connector.finish('connect');
    connector.onConnect = 'ok';
    expect(await statuses(waiting)).toBe('fulfilled fulfilled');
  });

  it('no timer spins either while the pool is full and the pause is over', async () => {
    const { pool, clock, connector, take } = makePool({ size: 2, acquireTimeoutMs: 60_000 });
    const [first] = await take(1);
    connector.onConnect = refused;
    const waiting = [pool.acquire(), pool.acquire()].map(watch);
    await clock.advance(0);
    connector.onConnect = 'ok';
    await clock.advance(1_000);
    expect(await statuses(waiting)).toBe('fulfilled pending');
    await clock.advance(1_000);
    first?.release();
    expect(await statuses(waiting)).toBe('fulfilled fulfilled');
  });

  it('a caller whose time is up is told the last cause, not that the pool is exhausted', async () => {
    const { pool, clock, connector } = makePool({ acquireTimeoutMs: 1_000 });
    connector.onConnect = refused;
    const waiting = watch(pool.acquire());
    await clock.advance(1_000);
    expect(waiting.error).toMatchObject({ code: 'LG_CONNECT_FAILED', cause: refused });
    expect(String(waiting.error)).toContain('the database is down, unreachable, or still starting');
  });

  it('a caller whose time is up during the first connect is told that it was too slow', async () => {
    const { pool, clock, connector } = makePool({ acquireTimeoutMs: 1_000 });
    connector.onConnect = 'hang';
    const waiting = watch(pool.acquire());
    await clock.advance(1_000);
    expect(waiting.error).toMatchObject({ code: 'LG_CONNECT_TIMEOUT', attempts: 0 });
  });

  it('those who hold connections go on, and waiters get what they return', async () => {
    const { pool, clock, connector, take } = makePool();
    const [lease] = await take(1);
    connector.onConnect = refused;
    const waiting = watch(pool.acquire());
    await clock.advance(500);
    lease?.release();
    expect(await statuses([waiting])).toBe('fulfilled');
  });

  it('minIdle does not storm it either', async () => {
    const { clock, connector } = makePool(
      { minIdle: 2, maxConnectBackoffMs: 5_000 },
      Object.assign(new FakeConnector(), { onConnect: refused }),
    );
    await clock.advance(10_000);
    expect(connector.connects).toBeLessThan(12);
    connector.onConnect = 'ok';
    await clock.advance(10_000);
    expect(connector.alive).toBe(2);
  });
});

describe('after the first success', () => {
  it('connects start in growing steps: after the prober 1, 2, 4, then as many as are allowed', async () => {
    const { pool, clock, connector } = makePool({ size: 30, maxConnecting: 8 });
    connector.onConnect = refused;
    for (let each = 0; each < 30; each += 1) watch(pool.acquire());
    await clock.advance(0);
    connector.onConnect = 'hang';
    await clock.advance(100);
    const steps: number[] = [];
    while (connector.pending.length > 0) {
      steps.push(connector.pending.length);
      const round = connector.pending.length;
      for (let each = 0; each < round; each += 1) connector.finish('connect');
      await settle();
    }
    expect(steps.slice(0, 5)).toEqual([1, 1, 2, 4, 8]);
    expect(Math.max(...steps)).toBe(8);
    expect(pool.counts().used).toBe(30);
  });
});

describe('connections that open and die before anybody has used them', () => {
  it('are tried with growing pauses as well', async () => {
    const { pool, clock, connector } = makePool({ acquireTimeoutMs: 60_000, maxConnectBackoffMs: 5_000 });
    const off = pool.on('connect', ({ connection }) => connection.die());
    const waiting = watch(pool.acquire());
    for (let tenth = 0; tenth < 100; tenth += 1) await clock.advance(100);
    expect(connector.connects).toBeGreaterThan(5);
    expect(connector.connects).toBeLessThan(12);
    off();
    await clock.advance(5_000);
    expect(await statuses([waiting])).toBe('fulfilled');
  });

  it('are no reason to pause when they die at a good age', async () => {
    const { pool, clock, connector } = makePool({ minIdle: 1, connectTimeoutMs: 10_000 });
    await clock.advance(10_000);
    connector.opened[0]?.die();
    expect(await statuses([watch(pool.acquire())])).toBe('fulfilled');
  });

  it('are no reason to pause either when somebody has used them', async () => {
    const { pool, connector, take } = makePool();
    const [lease] = await take(1);
    lease?.release();
    connector.opened[0]?.die();
    expect(await statuses([watch(pool.acquire())])).toBe('fulfilled');
  });
});

describe('a failure that does not pass', () => {
  const wrongPassword = new Error('password authentication failed');

  it('rejects all waiters at once, and newcomers without another login', async () => {
    const { pool, clock, connector } = makePool();
    connector.fatal.add(wrongPassword.message);
    connector.onConnect = wrongPassword;
    const waiting = Array.from({ length: 50 }, () => watch(pool.acquire()));
    await settle();
    expect(waiting.every((each) => each.status === 'rejected')).toBe(true);
    expect(waiting[49]?.error).toMatchObject({ code: 'LG_CONNECT_FAILED', cause: wrongPassword });
    const logins = connector.connects;
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'LG_CONNECT_FAILED' });
    expect(connector.connects).toBe(logins);
    await clock.advance(100);
    connector.onConnect = 'ok';
    expect(await statuses([watch(pool.acquire())])).toBe('fulfilled');
  });

  it('rejects only the first waiter while connections are left to serve the others', async () => {
    const { pool, connector, take } = makePool({ size: 2 });
    const [lease] = await take(1);
    connector.fatal.add(wrongPassword.message);
    connector.onConnect = wrongPassword;
    const waiting = [pool.acquire(), pool.acquire()].map(watch);
    expect(await statuses(waiting)).toBe('rejected pending');
    lease?.release();
    expect(await statuses(waiting)).toBe('rejected fulfilled');
  });
});

describe('with retryConnect off', () => {
  it('a failed connect rejects everybody who waits when no connection is left', async () => {
    const { pool, connector } = makePool({ retryConnect: false });
    connector.onConnect = refused;
    const waiting = [pool.acquire(), pool.acquire(), pool.acquire()].map(watch);
    expect(await statuses(waiting)).toBe('rejected rejected rejected');
    expect(pool.snapshot().counters).toMatchObject({ rejected: 3, timeouts: 0 });
  });

  it('a failed connect rejects one waiter for each attempt while others are lent', async () => {
    const { pool, clock, connector, take } = makePool({ retryConnect: false });
    await take(1);
    connector.onConnect = refused;
    const waiting = [pool.acquire(), pool.acquire()].map(watch);
    expect(await statuses(waiting)).toBe('rejected pending');
    await clock.advance(100);
    expect(await statuses(waiting)).toBe('rejected rejected');
  });

  it('a failed connect that nobody waits for any more rejects nobody', async () => {
    const { pool, connector, take } = makePool({ retryConnect: false });
    const [lease] = await take(1);
    connector.onConnect = 'hang';
    const waiting = watch(pool.acquire());
    await settle();
    lease?.release();
    connector.finish('connect', refused);
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(pool.snapshot().counters).toMatchObject({ rejected: 0, connectFailures: 1 });
  });
});
