import { describe, expect, it } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import type { PoolOptions } from './pool-options.ts';
import { runScope } from './run-scope.ts';

const NAMED = { stacks: { mode: 'always' }, acquireTimeoutMs: 30_000 } as const satisfies PoolOptions;

function sleepOn(clock: ReturnType<typeof makePool>['clock'], ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(ms, resolve);
  });
}

describe('when every connection is held by code that waits for another one', () => {
  it('the youngest waiter is turned away at once, with the chain, and the others go on', async () => {
    const { pool, clock } = makePool({ ...NAMED, size: 2 });
    const transfer = (): Promise<string> =>
      pool.use(async () => {
        await sleepOn(clock, 10);
        return pool.use(() => 'moved');
      });
    const both = [watch(transfer()), watch(transfer())];
    await clock.advance(20);
    expect(await statuses(both)).toBe('fulfilled rejected');
    const error = both[1]?.error as Error & { chain: unknown[] };
    expect(error).toMatchObject({ code: 'LG_POOL_DEADLOCK', pool: { used: 2, max: 2, pending: 2 } });
    expect(error.chain).toHaveLength(2);
    expect(error.message).toMatch(
      /^all 2 connections of pool "main" are held by code that waits for another one of it\n {2}you {7}\S*pool-deadlock\.test\.ts:\d+[^]*\n {2}chain {5}2× \S*pool-deadlock\.test\.ts:\d+ transfer waits at \S*pool-deadlock\.test\.ts:\d+ \(held 10ms\)/,
    );
    expect(pool.snapshot().counters).toMatchObject({ deadlocks: 1, rejected: 1, timeouts: 0, nested: 2 });
  });

  it('an acquire by hand inside the block is found as well', async () => {
    const { pool, clock } = makePool({ ...NAMED, size: 1 });
    const stuck = watch(pool.use(async () => (await pool.acquire()).release()));
    await clock.advance(0);
    expect(stuck.error).toMatchObject({ code: 'LG_POOL_DEADLOCK' });
  });

  it('also when a query that ran beside the wait ends later', async () => {
    const { pool, clock } = makePool({ ...NAMED, size: 1 });
    const stuck = watch(
      pool.use(async (_, lease) => {
        lease.record.queryStarted('select pg_sleep(3)');
        clock.setTimer(3_000, () => lease.record.queryEnded('open'));
        await pool.use(() => undefined);
      }),
    );
    await clock.advance(2_900);
    expect(stuck.status).toBe('pending');
    await clock.advance(1_200);
    expect(stuck.error).toMatchObject({ code: 'LG_POOL_DEADLOCK' });
  });

  it('blocks inside of blocks are held up together', async () => {
    const { pool, clock } = makePool({ ...NAMED, size: 3 });
    const stuck = watch(pool.use(() => pool.use(() => pool.use(() => pool.use(() => 'never')))));
    await clock.advance(0);
    expect(stuck.error).toMatchObject({
      code: 'LG_POOL_DEADLOCK',
      chain: [{ leaseId: 3 }, { leaseId: 2 }, { leaseId: 1 }],
    });
  });

  it('leases that are held, and wait, at the same lines share a line', async () => {
    const { pool, clock } = makePool({ ...NAMED, size: 2 });
    const hold = (ms: number) => pool.use(() => sleepOn(clock, ms).then(() => undefined));
    const nest = (): Promise<unknown> =>
      pool.use(async () => {
        await sleepOn(clock, 100);
        return pool.use(() => undefined);
      });
    void hold(30);
    const stuck = [watch(nest()), watch(nest())];
    await clock.advance(200);
    expect(await statuses(stuck)).toContain('rejected');
    const error = stuck.find(({ status }) => status === 'rejected')?.error;
    expect(String(error)).toMatch(/chain {5}2× \S+ nest waits at \S+ \(held 100ms–130ms\)\n/);
  });

  it('names the session of each block, and sums up a long chain', async () => {
    const { pool, clock } = makePool({ ...NAMED, size: 10 });
    const all = Array.from({ length: 10 }, (_, at) =>
      watch(runScope(`job ${at}`, {}, () => pool.use(async () => (await pool.acquire()).release()))),
    );
    await clock.advance(0);
    const failed = all.filter(({ status }) => status === 'rejected');
    expect(failed).toHaveLength(1);
    expect(String(failed[0]?.error)).toMatch(/1× \S+ \S*"job 0" waits at [^]*and 2 more/);
  });
});

describe('there is no deadlock', () => {
  it('while another block awaits what this one has started: the one that started it goes on', async () => {
    const a = makePool({ ...NAMED, size: 1 });
    const b = makePool({ ...NAMED, size: 1, name: 'b' });
    let shared: Promise<string> | undefined;
    const starter = watch(
      a.pool.use(async () => {
        shared = a.pool.use(() => 'loaded');
        await sleepOn(a.clock, 1_000);
      }),
    );
    await a.clock.advance(10);
    const reader = watch(b.pool.use(() => shared as Promise<string>));
    await a.clock.advance(3_000);
    await b.clock.advance(10);
    expect(await statuses([starter, reader])).toBe('fulfilled fulfilled');
    expect(a.pool.snapshot().counters.deadlocks).toBe(0);
  });

  it('while the first of several is awaited, which may be another one', async () => {
    const { pool, clock } = makePool({ ...NAMED, size: 1 });
    const first = watch(
      pool.use(() =>
        Promise.any([pool.use(() => 'from the pool'), sleepOn(clock, 50).then(() => 'from the cache')]),
      ),
    );
    await clock.advance(3_000);
    expect(await statuses([first])).toBe('fulfilled');
    expect([first.value, pool.snapshot().counters.deadlocks]).toEqual(['from the cache', 0]);
  });

  it('while a child that was started and not awaited waits: its parent goes on', async () => {
    const { pool, clock } = makePool({ ...NAMED, size: 1 });
    let child = watch(Promise.resolve('not yet'));
    const parent = watch(
      pool.use(async () => {
        child = watch(pool.use(() => 'served'));
        await sleepOn(clock, 20_000);
      }),
    );
    await clock.advance(19_000);
    expect(await statuses([parent, child])).toBe('pending pending');
    await clock.advance(2_000);
    expect([parent.status, child.value]).toEqual(['fulfilled', 'served']);
    expect(pool.snapshot().counters).toMatchObject({ deadlocks: 0, nested: 1 });
  });

  it('between siblings of one request, of which each awaits its own', async () => {
    const { pool, clock } = makePool({ ...NAMED, size: 1 });
    const all = watch(
      runScope('request', {}, () =>
        Promise.all([1, 2, 3].map((each) => pool.use(() => sleepOn(clock, 1_000).then(() => each)))),
      ),
    );
    await clock.advance(4_000);
    expect(all.value).toEqual([1, 2, 3]);
    expect(pool.snapshot().counters).toMatchObject({ deadlocks: 0, nested: 0 });
  });

  it('while one connection is held by code that waits for nothing here', async () => {
    const { pool, clock, take } = makePool({ ...NAMED, size: 2 });
    const [held] = await take(1);
    const nested = watch(pool.use(() => pool.use(() => 'served')));
    await clock.advance(5_000);
    expect(nested.status).toBe('pending');
    held?.release();
    expect(await statuses([nested])).toBe('fulfilled');
  });

  it('while a further connection may be opened', async () => {
    const { pool, clock, connector } = makePool({ ...NAMED, size: 1, maxOverflow: 1 });
    connector.onConnect = 'hang';
    const nested = watch(pool.use(() => pool.use(() => 'served')));
    await clock.advance(0);
    connector.finish('connect');
    await clock.advance(100);
    expect(nested.status).toBe('pending');
    connector.finish('connect');
    expect(await statuses([nested])).toBe('fulfilled');
  });

  it('when the wait is given up before the verdict', async () => {
    const { pool, clock } = makePool({ ...NAMED, size: 1 });
    const controller = new AbortController();
    const nested = watch(pool.use(() => pool.acquire({ signal: controller.signal })));
    await statuses([nested]);
    controller.abort(new Error('enough'));
    await clock.advance(0);
    expect(nested.error).toMatchObject({ message: 'enough' });
    expect(pool.snapshot().counters.deadlocks).toBe(0);
  });
});

describe('a nested acquire', () => {
  const nest = (pool: ReturnType<typeof makePool>['pool'], nestedAcquire?: 'off' | 'error') =>
    pool.use(() =>
      pool.use(() => 'served'.length, nestedAcquire === undefined ? undefined : { nestedAcquire }),
    );

  it('is warned of with both places, once a minute for each pair', async () => {
    const { pool, clock, logged } = makePool(NAMED);
    const told: unknown[] = [];
    pool.on('nested', ({ heldLeaseId }) => told.push(heldLeaseId));
    const twice = (): Promise<number> => nest(pool);
    for (let each = 0; each < 3; each += 1) await twice();
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatch(
      /^warn LG_NESTED_ACQUIRE: a connection of pool "main" is asked for by code that holds one of it\n {2}you {7}\S*pool-deadlock\.test\.ts[^]*\n {2}holding {3}lease #1 since 0ms, acquired at\n {12}\S*pool-deadlock\.test\.ts/,
    );
    expect(told).toEqual([1]);
    await clock.advance(60_000);
    await twice();
    expect(logged).toHaveLength(2);
    expect(pool.snapshot().counters.nested).toBe(4);
  });

  it('is refused where that is wanted, before it takes a connection', async () => {
    const { pool } = makePool({ ...NAMED, nestedAcquire: 'error' });
    await expect(nest(pool)).rejects.toMatchObject({
      code: 'LG_NESTED_ACQUIRE',
      report: { heldLeaseId: 1, heldSite: { file: expect.stringContaining('pool-deadlock.test.ts') } },
    });
    expect(pool.snapshot().counters).toMatchObject({ acquired: 1, rejected: 1, nested: 1 });
  });

  it('can be allowed for the pool or for one call', async () => {
    const quiet = makePool({ ...NAMED, nestedAcquire: 'off' });
    await nest(quiet.pool);
    const { pool, logged } = makePool(NAMED);
    await nest(pool, 'off');
    await expect(nest(pool, 'error')).rejects.toThrow('asked for by code that holds one of it');
    expect([...quiet.logged, ...logged]).toEqual([]);
  });

  it('without a stack is counted, and not warned of: the line is what counts', async () => {
    const { pool, logged } = makePool({ stacks: { mode: 'off' } });
    await nest(pool);
    expect([logged, pool.snapshot().counters.nested]).toEqual([[], 1]);
    await expect(nest(pool, 'error')).rejects.toThrow('you       (place unknown)');
  });

  it('of another pool is none', async () => {
    const [one, other] = [makePool(NAMED), makePool({ ...NAMED, name: 'other' })];
    await one.pool.use(() => other.pool.use(() => undefined));
    expect(other.pool.snapshot().counters.nested).toBe(0);
    await one.pool.use(() => other.pool.use(() => one.pool.use(() => undefined)));
    expect(one.pool.snapshot().counters.nested).toBe(1);
  });
});
