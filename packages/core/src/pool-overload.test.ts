import { describe, expect, it } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import type { OverloadedError } from './errors.ts';
import { Session } from './session.ts';
import type { PoolOptions } from './pool-options.ts';
import type { Watched } from '../test/pool-fixture.ts';

/** A pool of one connection on which every lease takes 10 ms, and so many callers each time. */
function makeBusyPool(options: PoolOptions = {}) {
  const fixture = makePool({ size: 1, overloadAfterMs: 1_000, acquireTimeoutMs: 5_000, ...options });
  const { pool, clock } = fixture;
  const all: Watched<unknown>[] = [];
  const call = (acquire: () => ReturnType<typeof pool.acquire> = () => pool.acquire()): Watched<unknown> => {
    const work = acquire().then((lease) => clock.setTimer(10, () => lease.release()));
    const watched = watch(work);
    all.push(watched);
    return watched;
  };
  const play = async (ms: number, callersEach10Ms: number): Promise<void> => {
    for (const endAt = clock.now() + ms; clock.now() < endAt; ) {
      for (let each = 0; each < callersEach10Ms; each += 1) call();
      await clock.advance(10);
    }
  };
  const count = (status: string): number => all.filter((each) => each.status === status).length;
  return { ...fixture, call, play, count, all };
}

describe('a controlled queue', () => {
  it('turns newcomers away at once when more have come than were served for a second', async () => {
    const { pool, call, play, count, all, clock } = makeBusyPool({ queuePolicy: 'controlled' });
    const told: OverloadedError[] = [];
    pool.on('shed', ({ error }) => told.push(error));
    await play(900, 2);
    expect(count('rejected')).toBe(0);
    await play(600, 2);
    expect(count('rejected')).toBeGreaterThan(10);
    const late = call();
    expect(await statuses([late])).toBe('rejected');
    const error = late.error as OverloadedError;
    expect(error).toMatchObject({
      code: 'LG_OVERLOADED',
      reason: 'excess',
      waitedMs: 0,
      retryAfterMs: 1_000,
    });
    expect(error.arrivalsPerSecond / error.servedPerSecond).toBeGreaterThan(1.7);
    expect(error.expectedWaitMs).toBeGreaterThan(0);
    expect(error.message).toMatch(
      /^pool "main" is overloaded: \d+ callers come a second, \d+ are served\n {2}pool {6}1\/1 used/,
    );
    expect(error.message).toContain('more      npx -p @lifeguard/cli lifeguard explain LG_OVERLOADED');
    expect(told.at(-1)).toBe(error);
    const { shed, rejected } = pool.snapshot().counters;
    expect([shed, rejected]).toEqual([told.length, told.length]);
    await clock.advance(6_000);
    // Nobody who waited already was given up: it was served, however long that took.
    expect(
      all.every(({ status, error: why }) => status === 'fulfilled' || told.includes(why as OverloadedError)),
    ).toBe(true);
  });

  it('turns nobody away after a burst, whatever its size', async () => {
    const { call, play, count, clock } = makeBusyPool({
      queuePolicy: 'controlled',
      acquireTimeoutMs: 60_000,
    });
    for (let each = 0; each < 1_000; each += 1) call();
    await play(3_000, 1);
    await clock.advance(30_000);
    expect([count('fulfilled'), count('rejected')]).toEqual([1_300, 0]);
  });

  it('forgets an overload when nobody has waited for a while, though the last to come found the queue full', async () => {
    const { pool, call, clock } = makeBusyPool({
      queuePolicy: 'controlled',
      overloadAfterMs: 200,
      size: 8,
      maxWaiting: 0,
      pingAfterIdleMs: 0,
    });
    // Each wave waits for a ping, as far as it may wait at all.
    for (let wave = 0; wave < 60; wave += 1) {
      for (let each = 0; each < 40; each += 1) call();
      await clock.advance(15);
    }
    // Until all are in use: nobody may wait.
    while (pool.counts().used < 8) await statuses([call()]);
    await statuses([call()]);
    expect(pool.snapshot().counters.shed).toBeGreaterThan(0);
    await clock.advance(10_000);
    const few = Array.from({ length: 8 }, () => call());
    await clock.advance(5);
    expect(await statuses(few)).toBe(few.map(() => 'fulfilled').join(' '));
  });

  it('always lets those in whose priority is high', async () => {
    const { pool, call, play } = makeBusyPool({ queuePolicy: 'controlled' });
    await play(2_000, 3);
    const urgent = call(() => pool.acquire({ priority: 'high' }));
    const usual = call();
    expect(await statuses([urgent, usual])).toBe('pending rejected');
  });

  it('turns the low ones away first, and of several tenants the one that asks for too much', async () => {
    const { pool, call, play, clock } = makeBusyPool({ queuePolicy: 'controlled' });
    await play(3_000, 3);
    for (let each = 0; each < 3; each += 1) call();
    const low = call(() => pool.acquire({ priority: 'low' }));
    const quiet = call(() => pool.acquire({ tenant: 'quiet' }));
    expect(await statuses([low, quiet])).toBe('rejected pending');
    await clock.advance(20);
    expect(quiet.status).toBe('fulfilled');
  });

  it('gives up on a caller whose session is too short for a lease by now', async () => {
    const { pool, call, play, clock, take } = makeBusyPool({ queuePolicy: 'controlled' });
    await play(300, 2);
    await clock.advance(1_000);
    const [held] = await take(1);
    const session = new Session({ timeoutMs: 200, clock }, undefined);
    const hopeless = call(() => session.run(() => pool.acquire()));
    await clock.advance(180);
    expect(hopeless.status).toBe('pending');
    await clock.advance(10);
    expect(hopeless).toMatchObject({
      status: 'rejected',
      error: { code: 'LG_OVERLOADED', reason: 'session-too-short', servedPerSecond: expect.any(Number) },
    });
    expect((hopeless.error as Error).message).toContain('the session is too short to use one');
    held?.release();
    session.end();
  });

  it('gives up on nobody whose priority is high, however short its session', async () => {
    const { pool, call, clock, take } = makeBusyPool({ queuePolicy: 'controlled' });
    const [held] = await take(1);
    const session = new Session({ timeoutMs: 100, clock, priority: 'high' }, undefined);
    const urgent = call(() => session.run(() => pool.acquire()));
    await clock.advance(99);
    expect(urgent.status).toBe('pending');
    await clock.advance(5);
    expect(urgent.error).toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    expect(pool.snapshot().counters.shed).toBe(0);
    held?.release();
    session.end();
  });

  it('lets a listener who is told of that abort the very call, or close the pool', async () => {
    for (const end of ['abort', 'close']) {
      const { pool, call, clock, take } = makeBusyPool({ queuePolicy: 'controlled' });
      const [held] = await take(1);
      const session = new Session({ timeoutMs: 100, clock }, undefined);
      const controller = new AbortController();
      pool.on('shed', () => (end === 'abort' ? controller.abort() : void pool.close({ drainMs: 0 })));
      const hopeless = call(() => session.run(() => pool.acquire({ signal: controller.signal })));
      await clock.advance(99);
      expect(hopeless.error).toMatchObject({ code: 'LG_OVERLOADED', reason: 'session-too-short' });
      expect(pool.snapshot().counters).toMatchObject({ shed: 1, rejected: 1, aborted: 0 });
      held?.release();
      session.end();
    }
  });

  it('says that it does not know how long the wait would have been, when it does not', async () => {
    const { pool, call, clock, take } = makeBusyPool({ queuePolicy: 'controlled' });
    const [held] = await take(1);
    const session = new Session({ timeoutMs: 100, clock }, undefined);
    const hopeless = call(() => session.run(() => pool.acquire()));
    await clock.advance(99);
    expect(hopeless.error).toMatchObject({ code: 'LG_OVERLOADED', expectedWaitMs: undefined });
    held?.release();
    session.end();
  });

  it('serves the newest first when the first has waited long, and each before its time is up', async () => {
    const { pool, call, play, clock, take } = makeBusyPool({ queuePolicy: 'controlled' });
    await play(300, 2);
    await clock.advance(1_000);
    const [held] = await take(1);
    const first = call(() => pool.acquire({ timeoutMs: 200 }));
    await clock.advance(100);
    const newest = call();
    held?.release();
    expect(await statuses([first, newest])).toBe('pending fulfilled');
    for (let each = 0; each < 20; each += 1) call();
    await clock.advance(99);
    expect(first.status).toBe('fulfilled');
  });

  it('tells of an acquire’s own deadline as ever', async () => {
    const { pool, call, play, clock, take } = makeBusyPool({ queuePolicy: 'controlled' });
    await play(300, 2);
    await clock.advance(1_000);
    const [held] = await take(1);
    const late = call(() => pool.acquire({ timeoutMs: 100 }));
    const patient = call(() => pool.acquire({ timeoutMs: Infinity }));
    await clock.advance(105);
    expect(late.error).toMatchObject({ code: 'LG_ACQUIRE_TIMEOUT' });
    await clock.advance(100_000);
    expect(patient.status).toBe('pending');
    held?.release();
    expect(await statuses([patient])).toBe('fulfilled');
    await clock.advance(10);
  });
});

describe('errors of those who are turned away', () => {
  it('share what is the same for all, and read the stacks of the first hundred within a second only', async () => {
    const { pool, clock, take } = makePool({ size: 1, stacks: { mode: 'always' }, maxWaiting: 1_000 });
    const [held] = await take(1);
    const all = Array.from({ length: 300 }, () => watch(pool.acquire({ timeoutMs: 50 })));
    await clock.advance(60);
    const texts = all.map(({ error }) => (error as Error).message);
    expect(texts.filter((text) => text.includes('pool-overload.test.ts'))).toHaveLength(100);
    expect(texts.filter((text) => text.includes('not looked up'))).toHaveLength(200);
    const pools = new Set(all.map(({ error }) => (error as OverloadedError).pool));
    expect([...pools].map(({ pending }) => pending)).toEqual([300]);
    await clock.advance(2_000);
    const later = watch(pool.acquire({ timeoutMs: 50 }));
    await clock.advance(60);
    expect((later.error as Error).message).toContain('pool-overload.test.ts');
    held?.release();
  });
});

describe('a queue that is first come, first served', () => {
  it('turns nobody away before its time, however many come', async () => {
    const { play, count, clock, pool } = makeBusyPool();
    await play(2_000, 3);
    expect(count('rejected')).toBe(0);
    await clock.advance(10_000);
    expect(pool.snapshot().counters).toMatchObject({ shed: 0, rejected: 0 });
  });
});
