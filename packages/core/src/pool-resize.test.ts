import { describe, expect, it } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import type { PoolSize } from './pool-capacity.ts';

describe('resizing a pool', () => {
  it('to more serves those who wait, at once', async () => {
    const { pool, take } = makePool({ size: 1 });
    const held = await take(1);
    const waiting = watch(take(2));
    pool.resize({ size: 3 });
    expect(await statuses([waiting])).toBe('fulfilled');
    expect(pool.counts()).toMatchObject({ used: 3, size: 3, max: 3, pending: 0 });
    for (const lease of [...held, ...(waiting.value ?? [])]) lease.release();
  });

  it('to fewer closes idle connections above max now, the longest idle first', async () => {
    const { pool, take, connector, clock } = makePool({ size: 3 });
    const leases = await take(3);
    for (const lease of leases) lease.release();
    pool.resize({ size: 1 });
    await clock.advance(0);
    expect(pool.counts()).toMatchObject({ idle: 1, closing: 0, size: 1, max: 1 });
    expect(connector.closed).toEqual(connector.opened.slice(0, 2));
  });

  it('to fewer takes no connection from a holder, and closes it when it comes back', async () => {
    const { pool, take, clock } = makePool({ size: 3 });
    const [first, second, third] = await take(3);
    pool.resize({ size: 1 });
    pool.audit();
    expect(pool.counts()).toMatchObject({ used: 3, max: 1 });
    const waiting = watch(take(1));
    first?.release();
    second?.release();
    expect(await statuses([waiting])).toBe('pending');
    expect(pool.counts()).toMatchObject({ used: 1, pending: 1 });
    third?.release();
    await clock.advance(0);
    expect(waiting.status).toBe('fulfilled');
    expect(pool.snapshot().counters).toMatchObject({ revoked: 0, connected: 3 });
    waiting.value?.[0]?.release();
  });

  it('of the base size only lets what has become overflow linger, and then closes it', async () => {
    const { pool, take, clock } = makePool({ size: 3, overflowLingerMs: 500 });
    for (const lease of await take(3)) lease.release();
    pool.resize({ size: 1, maxOverflow: 2 });
    await clock.advance(400);
    expect(pool.counts()).toMatchObject({ idle: 3, max: 3 });
    await clock.advance(200);
    expect(pool.counts()).toMatchObject({ idle: 1 });
  });

  it('keeps what is not named', () => {
    const { pool } = makePool({ size: 3, maxOverflow: 2 });
    pool.resize({ maxOverflow: 4 });
    expect(pool.counts()).toMatchObject({ size: 3, max: 7 });
    pool.resize({ size: 1 });
    expect(pool.counts()).toMatchObject({ size: 1, max: 5 });
    expect(pool.options).toMatchObject({ size: 1, maxOverflow: 4 });
    expect(pool.snapshot().options).toMatchObject({ size: 1, maxOverflow: 4 });
  });

  it('is seen by leak reports and by errors for those who wait', async () => {
    const { pool, take, clock } = makePool({ size: 1, acquireTimeoutMs: 100, leakThresholdMs: 5_000 });
    const [lease] = await take(1);
    pool.resize({ size: 2 });
    const [other] = await take(1);
    const waiting = watch(take(1));
    await clock.advance(200);
    expect(waiting.error).toMatchObject({ pool: { used: 2, max: 2 } });
    await clock.advance(10_000);
    expect(pool.snapshot().reports[0]).toMatchObject({ used: 2, max: 2 });
    lease?.release();
    other?.release();
  });

  it('keeps the share of those for whom connections are reserved', async () => {
    const { pool, take } = makePool({ size: 2, reserved: 1 });
    const [lease] = await take(1);
    const waiting = watch(take(1));
    expect(await statuses([waiting])).toBe('pending');
    pool.resize({ size: 3 });
    expect(await statuses([waiting])).toBe('fulfilled');
    const urgent = await pool.acquire({ priority: 'high' });
    for (const each of [lease, urgent, ...(waiting.value ?? [])]) each?.release();
  });

  it('closes a connection that was being opened, when it comes and is one too many', async () => {
    const { pool, take, connector, clock } = makePool({ size: 2 });
    connector.onConnect = 'hang';
    const waiting = watch(take(2));
    await clock.advance(1);
    pool.resize({ size: 1 });
    connector.finish('connect');
    connector.finish('connect');
    await clock.advance(1);
    expect(pool.counts()).toMatchObject({ used: 1, pending: 1, connecting: 0, closing: 0 });
    expect(connector.closed).toHaveLength(1);
    expect(waiting.status).toBe('pending');
    connector.onConnect = 'ok';
  });

  it.each([
    [{ size: 0 }, 'option "size" must be a whole number, 1 or more, got 0'],
    [{ maxOverflow: 1.5 }, 'option "maxOverflow" must be a whole number, 0 or more, got 1.5'],
    [{ size: 1 }, 'option "reserved" must be less than size + maxOverflow (1), got 1'],
    [{ max: 5 }, 'option "max" must be left out: there is no such option (a pool is resized by "size" and'],
  ])('to %j is refused and changes nothing', (to, message) => {
    const { pool } = makePool({ size: 2, reserved: 1 });
    expect(() => pool.resize(to as PoolSize)).toThrow(message);
    expect(pool.counts()).toMatchObject({ size: 2, max: 2 });
  });

  it('changes nothing for a pool that is closing or suspended but the figures', async () => {
    const { pool, take } = makePool({ size: 1 });
    const [lease] = await take(1);
    pool.suspend();
    const waiting = watch(take(1));
    pool.resize({ size: 2 });
    expect(await statuses([waiting])).toBe('pending');
    lease?.release();
    const closing = watch(pool.close());
    pool.resize({ size: 3 });
    expect(await statuses([closing, waiting])).toBe('fulfilled rejected');
  });
});
