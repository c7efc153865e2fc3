import { describe, expect, it } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import type { ConnectContext } from './connector.ts';
import { FakeConnection, FakeConnector, settle } from './testing/index.ts';

/** Does not listen to its signal: what it opens comes late, and must be closed. */
class DeafConnector extends FakeConnector {
  readonly late: ((connection: FakeConnection) => void)[] = [];

  override connect(_context: ConnectContext): Promise<FakeConnection> {
    this.connects += 1;
    return new Promise((resolve) => this.late.push(resolve));
  }
}

describe('a connect that', () => {
  it('is given up by its own first step leaves no connection without an owner', async () => {
    const { pool, connector } = makePool();
    const connect = connector.connect.bind(connector);
    connector.connect = (context) => {
      // A hook of the user, called before anything is sent.
      void pool.close();
      return connect(context);
    };
    const waiting = watch(pool.acquire());
    await settle();
    expect(waiting.error).toMatchObject({ code: 'LG_POOL_CLOSED' });
    expect(connector.opened.map((each) => each.closedBy)).toEqual(['polite']);
    expect(pool.snapshot()).toMatchObject({ state: 'closed', lost: 0 });
  });
});

describe('a connect that takes longer than connectTimeoutMs', () => {
  it('is given up and tried again', async () => {
    const { pool, clock, connector } = makePool({ connectTimeoutMs: 1_000 });
    connector.onConnect = 'hang';
    const waiting = watch(pool.acquire());
    await clock.advance(999);
    connector.onConnect = 'ok';
    await clock.advance(200);
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(pool.snapshot().counters).toMatchObject({ connectFailures: 1, connected: 1 });
  });

  it('and comes all the same is closed, and never granted nor told of', async () => {
    const deaf = new DeafConnector();
    const { pool, clock } = makePool(
      { connectTimeoutMs: 1_000, closeTimeoutMs: 500, acquireTimeoutMs: 900 },
      deaf,
    );
    const told: unknown[] = [];
    pool.on('connect', (payload) => told.push(payload));
    pool.on('close', (payload) => told.push(payload));
    const waiting = watch(pool.acquire());
    await clock.advance(1_100);
    expect(waiting.error).toMatchObject({ code: 'LG_CONNECT_TIMEOUT' });
    expect(pool.counts()).toMatchObject({ closing: 1, connecting: 0 });
    await clock.advance(500);
    expect(pool.counts()).toMatchObject({ closing: 0, lost: 1 });
    const late = new FakeConnection(1);
    deaf.late[0]?.(late);
    await settle();
    expect(late.closedBy).toBe('polite');
    expect(pool.counts().lost).toBe(0);
    expect(told).toEqual([]);
  });

  it('is not given up when it has come while the loop stood still, even if its time ended with the stall', async () => {
    const { pool, clock, connector } = makePool({ size: 1, connectTimeoutMs: 300, retryConnect: false });
    connector.onConnect = 'hang';
    const waiting = watch(pool.acquire());
    await clock.advance(10);
    await clock.stall(296, () => connector.finish('connect'));
    expect(await statuses([waiting])).toBe('fulfilled');
    waiting.value?.release();
  });

  it('after it failed is not counted again', async () => {
    const { pool, clock, connector } = makePool({ connectTimeoutMs: 1_000, retryConnect: false });
    const refused = new Error('connect ECONNREFUSED');
    connector.onConnect = 'hang';
    const waiting = watch(pool.acquire());
    await settle();
    connector.finish('connect', refused);
    await clock.advance(2_000);
    expect(waiting.error).toMatchObject({ code: 'LG_CONNECT_FAILED', cause: refused });
    expect(pool.snapshot().counters.connectFailures).toBe(1);
  });
});
