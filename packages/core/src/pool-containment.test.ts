import { describe, expect, it, onTestFinished } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import type { Logger } from './logger.ts';
import type { PoolEvents } from './pool-events.ts';
import { FakeConnector, ManualClock, settle } from './testing/index.ts';
import type { FakeConnection } from './testing/index.ts';

const EVENTS: readonly (keyof PoolEvents<FakeConnection>)[] = [
  'connect',
  'connect-failed',
  'acquire',
  'release',
  'close',
  'timeout',
  'leak',
  'returned-late',
  'revoke',
  'lost',
  'stall',
  'listener-error',
];

const boom = (): never => {
  throw new Error('boom');
};

/** A history in which every event happens at least once. */
async function liveThrough({ pool, clock, connector, take }: ReturnType<typeof makePool>): Promise<string> {
  const [first, second] = await take(2);
  const late = watch(pool.acquire({ timeoutMs: 100 }));
  await clock.advance(100);
  await clock.advance(30_000);
  first?.release();
  second!.record.owner.revoke(second!.record, 'operator', undefined);
  connector.onConnect = new Error('down');
  const waiting = [pool.acquire(), pool.acquire()].map(watch);
  await clock.advance(10);
  connector.onConnect = 'ok';
  const stalled = watch(pool.acquire({ timeoutMs: 500 }));
  await clock.stall(1_000);
  await clock.advance(1_000);
  const told = await statuses([late, stalled, ...waiting]);
  connector.onClose = { value: 'lost' };
  for (const each of waiting) each.value?.destroy();
  await clock.advance(0);
  return `${told} ${JSON.stringify(pool.counts())} ${JSON.stringify(pool.snapshot().counters)}`;
}

describe('somebody else’s code that throws', () => {
  it('in any listener, or in the logger, changes nothing', async () => {
    const calm = makePool();
    const told = new Set<string>();
    for (const event of EVENTS) calm.pool.on(event, () => told.add(event));
    calm.pool.on('lost', boom);
    const expected = await liveThrough(calm);
    expect([...told].toSorted()).toEqual([...EVENTS].toSorted());

    const broken = makePool({ logger: { warn: boom, error: boom } });
    for (const event of EVENTS) broken.pool.on(event, boom);
    expect(await liveThrough(broken)).toBe(expected);
  });

  it('what cannot be made a text, in a listener, changes nothing', async () => {
    const { pool, take } = makePool();
    pool.on('acquire', () => {
      throw Object.create(null) as Error;
    });
    const [lease] = await take(1);
    expect(pool.counts().used).toBe(1);
    lease?.release();
  });

  it('later, in a logger that returns a promise, is nobody’s rejection', async () => {
    const rejections: unknown[] = [];
    const onRejection = (error: unknown): unknown => rejections.push(error);
    process.on('unhandledRejection', onRejection);
    onTestFinished(() => void process.off('unhandledRejection', onRejection));
    const fail = () => Promise.reject(new Error('the log is full'));
    const logger = { warn: fail, error: fail } as unknown as Logger;
    const { take, clock } = makePool({ logger, leakThresholdMs: 1_000 });
    const [lease] = await take(1);
    await clock.advance(4_000);
    lease?.release();
    await new Promise((resolve) => setImmediate(resolve));
    expect(rejections).toEqual([]);
  });

  it('in Error.prepareStackTrace costs the place, and nothing else', async () => {
    const { pool, take, clock } = makePool({ size: 1, acquireTimeoutMs: 500, stacks: { mode: 'always' } });
    const [lease] = await take(1);
    const waiting = watch(pool.acquire());
    const former = Error.prepareStackTrace;
    Error.prepareStackTrace = () => {
      throw new Error('a formatter that expects a file name');
    };
    try {
      await clock.advance(3_000);
      lease?.release();
    } finally {
      Error.prepareStackTrace = former;
    }
    expect(await statuses([waiting])).toBe('rejected');
    expect(pool.counts().used).toBe(0);
  });

  it('a label that is no text is refused', async () => {
    const { pool } = makePool();
    const label = Symbol('job') as unknown as string;
    await expect(pool.acquire({ label })).rejects.toMatchObject({
      code: 'LG_INVALID_OPTION',
      option: 'label',
    });
  });

  it('in a listener is told to the logger and to "listener-error"', async () => {
    const { pool, logged } = makePool();
    const errors: unknown[] = [];
    pool.on('acquire', boom);
    pool.on('listener-error', ({ event, error }) => errors.push([event, String(error)]));
    await pool.acquire();
    expect(errors).toEqual([['acquire', 'Error: boom']]);
    expect(logged).toEqual(['error a listener of "acquire" failed: boom']);
  });

  it('in connector.inspect costs the connection only', async () => {
    const { pool, connector, take } = makePool();
    const [lease] = await take(1);
    connector.inspect = boom;
    lease?.release();
    expect(connector.opened[0]?.closedBy).toBe('cancel-first');
    expect(pool.counts().used).toBe(0);
  });

  it('in connector.revoke does not stop the revocation', async () => {
    const { connector, take, logged } = makePool();
    const [lease] = await take(1);
    connector.revoke = boom;
    expect(lease!.record.owner.revoke(lease!.record, 'operator', undefined)).toBe(true);
    expect(connector.opened[0]?.closedBy).toBe('cancel-first');
    expect(logged).toEqual(['error a listener of "connector.revoke" failed: boom']);
  });

  it('in connector.lend does not stop the grant', async () => {
    const { pool, connector, logged } = makePool();
    Object.assign(connector, { lend: boom });
    const lease = await pool.acquire();
    expect(lease.isOpen).toBe(true);
    expect(logged).toEqual(['error a listener of "connector.lend" failed: boom']);
  });

  it('in connector.explainFailure counts as no explanation', async () => {
    const { pool, clock, connector } = makePool({ acquireTimeoutMs: 200 });
    connector.explainFailure = boom;
    connector.onConnect = new Error('down');
    const waiting = [pool.acquire(), pool.acquire()].map(watch);
    await clock.advance(10);
    waiting.push(watch(pool.acquire()));
    await clock.advance(1_000);
    expect(await statuses(waiting)).toBe('rejected rejected rejected');
    expect(waiting[0]?.error).toMatchObject({ code: 'LG_CONNECT_FAILED' });
  });

  it('at once, where a connector should have rejected, is the same as a rejection', async () => {
    const { pool, clock, connector } = makePool({ acquireTimeoutMs: 1_000 });
    (await pool.acquire()).release();
    connector.ping = boom;
    connector.close = boom;
    connector.connect = boom;
    await clock.advance(501);
    const waiting = watch(pool.acquire());
    await clock.advance(1_005);
    expect(waiting.error).toMatchObject({ code: 'LG_CONNECT_FAILED' });
    expect(pool.counts()).toMatchObject({ lost: 1, idle: 0 });
  });

  it('a connector without explainFailure takes every failure for one that passes', async () => {
    const connector = new FakeConnector();
    Object.defineProperty(connector, 'explainFailure', { value: undefined });
    const { pool, clock } = makePool({}, connector);
    connector.onConnect = new Error('down');
    const waiting = watch(pool.acquire());
    await clock.advance(10);
    connector.onConnect = 'ok';
    await clock.advance(1_000);
    expect(await statuses([waiting])).toBe('fulfilled');
  });
});

describe('a listener that acts on the pool', () => {
  it.each(['connect', 'acquire', 'release', 'close'] as const)('may close it in "%s"', async (event) => {
    const { pool, take } = makePool();
    pool.on(event, () => void pool.close());
    const [lease] = await Promise.allSettled([pool.acquire()]);
    if (lease.status === 'fulfilled') lease.value.destroy();
    await settle();
    expect(pool.snapshot().state).toBe('closed');
    await expect(take(1)).rejects.toMatchObject({ code: 'LG_POOL_CLOSED' });
  });

  it.each(['connect', 'acquire', 'release'] as const)('may kill the connection in "%s"', async (event) => {
    const { pool, clock, take } = makePool();
    const off = pool.on(event, ({ connection }) => connection.die());
    const waiting = watch(pool.acquire());
    await settle();
    waiting.value?.release();
    off();
    await clock.advance(1_000);
    waiting.value?.release();
    pool.audit();
    await expect(take(2)).resolves.toHaveLength(2);
  });

  it('may take what was just returned, though not before those who wait', async () => {
    const { pool, take } = makePool({ size: 1 });
    const [lease] = await take(1);
    const waiting = watch(pool.acquire());
    const greedy: ReturnType<typeof watch>[] = [];
    pool.on('release', () => greedy.push(watch(pool.acquire())));
    lease?.release();
    expect(await statuses([waiting, ...greedy])).toBe('fulfilled pending');
  });

  it('may end the connection in "returned-late"', async () => {
    const { pool, clock, connector, take } = makePool();
    const [lease] = await take(1);
    pool.on('returned-late', () => connector.opened[0]?.die());
    await clock.advance(31_000);
    lease?.release();
    expect(pool.counts()).toMatchObject({ used: 0, idle: 0 });
    pool.audit();
  });

  it('sees the state after the change', async () => {
    const { pool, take } = makePool();
    const seen: string[] = [];
    for (const event of ['connect', 'acquire', 'release', 'close'] as const) {
      pool.on(event, () => {
        const { used, idle } = pool.counts();
        seen.push(`${event} ${used} ${idle}`);
      });
    }
    const [lease] = await take(1);
    lease?.release();
    expect(seen).toEqual(['connect 0 1', 'acquire 1 0', 'release 0 1']);
  });
});

/** Closing one connection takes another with it, as when both ran through one tunnel. */
class Tunnel extends FakeConnector {
  override close(...args: Parameters<FakeConnector['close']>): ReturnType<FakeConnector['close']> {
    for (const other of this.opened) if (other !== args[0]) other.die();
    return super.close(...args);
  }
}

describe('a close that takes other connections with it', () => {
  it.each(['evict', 'close'] as const)('does not confuse %s', async (method) => {
    const { pool, take } = makePool({ size: 3 }, new Tunnel());
    for (const lease of await take(3)) lease.release();
    await pool[method]();
    await settle();
    pool.audit();
    expect(pool.counts()).toMatchObject({ idle: 0, closing: 0 });
  });

  it('does not confuse a resize', async () => {
    const { pool, take } = makePool({ size: 3 }, new Tunnel());
    for (const lease of await take(3)) lease.release();
    pool.resize({ size: 2 });
    await settle();
    pool.audit();
    expect(pool.counts()).toMatchObject({ idle: 0, closing: 0, max: 2 });
  });

  it.each([
    ['idle timeout', { idleTimeoutMs: 1_000 }, 1_000],
    ['keepalive', { keepaliveMs: 1_000 }, 1_000],
  ])('does not confuse the %s', async (_, options, waitMs) => {
    const { pool, clock, connector, take } = makePool({ size: 3, ...options }, new Tunnel());
    for (const lease of await take(3)) lease.release();
    connector.onPing = new Error('dead');
    await clock.advance(waitMs);
    pool.audit();
    expect(pool.counts()).toMatchObject({ idle: 0, closing: 0 });
  });

  it('leaves none to be pinged that went down with the one that was idle too long', async () => {
    const options = { size: 3, minIdle: 1, idleTimeoutMs: 1_000, keepaliveMs: 1_000 };
    const { pool, clock, connector, take } = makePool(options, new Tunnel());
    await clock.advance(0);
    for (const lease of await take(2)) lease.release();
    await clock.advance(1_000);
    pool.audit();
    expect(connector.pings).toBe(0);
  });
});

describe('the async context of a caller', () => {
  it('is not what the pool’s own clock runs in', async () => {
    const clock = new ManualClock();
    const { pool, connector } = makePool({}, new FakeConnector(), clock);
    const { AsyncLocalStorage } = await import('node:async_hooks');
    const store = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const connect = connector.connect.bind(connector);
    connector.connect = (context) => {
      seen.push(store.getStore());
      return connect(context);
    };
    const mine = await store.run('request 1', async () => {
      await pool.acquire();
      return store.getStore();
    });
    expect(seen).toEqual([undefined]);
    expect(mine).toBe('request 1');
  });
});
