import { describe, expect, it } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import type { Watched } from '../test/pool-fixture.ts';
import type { Lease } from './lease.ts';
import { settle } from './testing/index.ts';
import type { FakeConnection } from './testing/index.ts';
import type { CloseReason } from './pool-entry.ts';

describe('the life of a connection', () => {
  it('ends at maxLifetimeMs, up to a tenth earlier and not the same for all', async () => {
    const { pool, clock, connector, take } = makePool({ size: 4, maxLifetimeMs: 100_000, keepaliveMs: 0 });
    const ended: number[] = [];
    const startedAt = clock.now();
    pool.on('close', ({ reason }) => reason === 'max-lifetime' && ended.push(clock.now() - startedAt));
    for (const lease of await take(4)) lease.release();
    await clock.advance(89_999);
    expect(ended).toEqual([]);
    await clock.advance(10_001);
    expect(ended).toHaveLength(4);
    expect(new Set(ended).size).toBe(4);
    expect(connector.alive).toBe(0);
  });

  it('is watched by one timer for all, and by none when nothing will be due', async () => {
    const all = { size: 9, maxLifetimeMs: 100_000, keepaliveMs: 0, idleTimeoutMs: Infinity };
    const { clock, take } = makePool(all);
    for (const lease of await take(9)) lease.release();
    await clock.advance(1_000);
    expect(clock.pendingTimers).toBe(1);
    const eternal = makePool({ ...all, maxLifetimeMs: Infinity });
    for (const lease of await eternal.take(9)) lease.release();
    await eternal.clock.advance(1_000);
    expect(eternal.clock.pendingTimers).toBe(0);
  });

  it('that was ended by evict is made up for at once, though its close hangs', async () => {
    const { pool, clock, connector } = makePool({ minIdle: 1 });
    await clock.advance(0);
    connector.onClose = 'hang';
    pool.evict();
    await clock.advance(0);
    expect(pool.counts()).toMatchObject({ idle: 1, closing: 1 });
  });

  it('that is over while it is lent ends when it is returned', async () => {
    const { pool, clock, connector, take } = makePool({ maxLifetimeMs: 1_000 });
    const [lease] = await take(1);
    await clock.advance(5_000);
    expect(connector.closed).toEqual([]);
    lease?.release();
    expect(connector.opened[0]?.closedBy).toBe('polite');
    expect(pool.counts().idle).toBe(0);
  });

  it('that is over is counted as expired while it is lent', async () => {
    const { pool, clock, take } = makePool({ maxLifetimeMs: 1_000, random: { next: () => 0 } });
    const [lease, other] = await take(2);
    other?.release();
    await clock.advance(999);
    expect(pool.countExpired()).toBe(0);
    await clock.advance(1);
    expect(pool.countExpired()).toBe(1);
    lease?.release();
    expect(pool.countExpired()).toBe(0);
  });

  it('that is over is noticed by the acquire that finds it before the timer does', async () => {
    const { pool, clock, connector, take } = makePool({ maxLifetimeMs: 1_000, random: { next: () => 0 } });
    const reasons: CloseReason[] = [];
    pool.on('close', ({ reason }) => reasons.push(reason));
    const acquired: Watched<Lease<FakeConnection>>[] = [];
    // Set first, so that it fires first.
    clock.setTimer(1_000, () => acquired.push(watch(pool.acquire())));
    for (const lease of await take(2)) lease.release();
    await clock.advance(1_000);
    expect(acquired[0]?.value?.connection.id).toBe(3);
    expect(connector.pings).toBe(0);
    expect(reasons).toEqual(['max-lifetime', 'max-lifetime']);
  });

  it('ends after maxUses leases', async () => {
    const { pool, connector } = makePool({ maxUses: 2 });
    for (let use = 0; use < 3; use += 1) await pool.use(() => undefined);
    expect(connector.opened.map((each) => each.closedBy)).toEqual(['polite', undefined]);
  });

  it('ends when nobody wanted it for idleTimeoutMs', async () => {
    const { pool, clock, connector } = makePool({ idleTimeoutMs: 10_000 });
    for (let each = 0; each < 2; each += 1) {
      (await pool.acquire()).release();
      await clock.advance(9_998);
      expect(connector.alive).toBe(1);
      await clock.advance(2);
      expect(connector.alive).toBe(0);
    }
  });

  it('goes on for minIdle connections, however long they are idle', async () => {
    const { pool, clock, connector, take } = makePool({ size: 3, minIdle: 1, idleTimeoutMs: 10_000 });
    for (const lease of await take(3)) lease.release();
    await clock.advance(50_000);
    expect(pool.counts().idle).toBe(1);
    expect(connector.closed).toHaveLength(3 - 1);
  });

  it('is not prolonged by keepalive pings', async () => {
    const { pool, clock, connector } = makePool({ idleTimeoutMs: 10_000, keepaliveMs: 3_000 });
    (await pool.acquire()).release();
    await clock.advance(9_999);
    expect(connector.pings).toBe(3);
    await clock.advance(1);
    expect(connector.alive).toBe(0);
  });

  it('ends at a keepalive ping that fails, and with it that of all others', async () => {
    const { clock, connector, take } = makePool({ keepaliveMs: 3_000, idleTimeoutMs: 60_000 });
    const [first, second] = await take(2);
    first?.release();
    await clock.advance(1_000);
    second?.release();
    connector.onPing = new Error('the firewall forgot us');
    await clock.advance(2_000);
    expect(connector.alive).toBe(0);
    expect(connector.pings).toBe(1);
  });

  it('ends by evict: now when it is idle, otherwise when it is returned or arrives', async () => {
    const { pool, connector, take } = makePool({ size: 3 });
    const [idle, lent] = await take(2);
    connector.onConnect = 'hang';
    const controller = new AbortController();
    const waiting = watch(pool.acquire({ signal: controller.signal }));
    await settle();
    controller.abort();
    idle?.release();
    const closed: unknown[] = [];
    pool.on('close', ({ entryId, reason }) => closed.push(`${entryId} ${reason}`));
    pool.evict();
    await settle();
    expect(closed).toEqual(['1 evicted']);
    lent?.release();
    connector.finish('connect');
    expect(await statuses([waiting])).toBe('rejected');
    expect(closed).toEqual(['1 evicted', '2 evicted', '3 evicted']);
    expect(pool.counts()).toMatchObject({ idle: 0, used: 0, closing: 0 });
  });
});
