import { describe, expect, it } from 'vitest';
import { makePool, watch } from '../test/pool-fixture.ts';

describe('after the process stood still', () => {
  it('idle connections are pinged before they are granted, however fresh they look', async () => {
    const { pool, clock, connector, take } = makePool({ size: 2 });
    for (const lease of await take(2)) lease.release();
    const thaws: unknown[] = [];
    pool.on('thaw', (payload) => thaws.push(payload));
    clock.suspend(3_600_000);
    const [lease] = await take(1);
    expect([connector.pings, thaws]).toEqual([1, [{ thaws: 1 }]]);
    lease?.release();
    // It has answered, and is trusted again; the other one is not.
    await take(1);
    expect(connector.pings).toBe(1);
    await take(1);
    expect([connector.pings, connector.connects]).toEqual([2, 2]);
  });

  it('they are replaced where they are never pinged', async () => {
    const { clock, connector, take } = makePool({ size: 1, prePing: false });
    for (const lease of await take(1)) lease.release();
    await clock.stall(60_000);
    await take(1);
    expect([connector.pings, connector.connects]).toEqual([0, 2]);
  });

  it('that also holds for those who waited in a suspended pool, and for a listener who is told of it', async () => {
    const { pool, clock, connector, take } = makePool({ size: 2 });
    for (const lease of await take(2)) lease.release();
    pool.suspend();
    const waiting = watch(pool.acquire());
    clock.suspend(3_600_000);
    let inside: typeof waiting | undefined;
    pool.on('thaw', () => (inside = watch(pool.acquire())));
    pool.resume();
    await clock.advance(0);
    expect([waiting.status, inside?.status, connector.pings]).toEqual(['fulfilled', 'fulfilled', 2]);
    waiting.value?.release();
    inside?.value?.release();
  });

  it('and for those who waited beside an idle connection that is reserved', async () => {
    const { pool, clock, connector, take } = makePool({ size: 2, reserved: 1 });
    const [held] = await take(1);
    await pool.acquire({ priority: 'high' }).then((lease) => lease.release());
    const waiting = watch(pool.acquire());
    clock.suspend(3_600_000);
    held!.connection.die();
    await clock.advance(0);
    expect([waiting.status, connector.pings]).toEqual(['fulfilled', 1]);
    waiting.value?.release();
  });

  it('a listener who closes the pool, or aborts the very call that told of it, leaves nobody waiting', async () => {
    const acts: ((controller: AbortController, pool: ReturnType<typeof makePool>['pool']) => unknown)[] = [
      (controller) => controller.abort(new Error('never mind')),
      (_, pool) => pool.close({ drainMs: 0 }),
    ];
    for (const act of acts) {
      const { pool, clock, take } = makePool({ size: 1 });
      await take(1);
      const controller = new AbortController();
      pool.on('thaw', () => act(controller, pool));
      clock.suspend(3_600_000);
      clock.suspend(3_600_000);
      const call = watch(pool.acquire({ signal: controller.signal }));
      await clock.advance(0);
      expect([call.status, pool.counts().pending]).toEqual(['rejected', 0]);
    }
  });

  it('what is leased meanwhile is told at the next look, without an alarm', async () => {
    const { pool, clock, take, logged } = makePool({ size: 1, leakThresholdMs: 5_000 });
    const thaws: unknown[] = [];
    pool.on('thaw', (payload) => thaws.push(payload));
    const [lease] = await take(1);
    await clock.stall(3_600_000);
    await clock.advance(3_000);
    expect([thaws, logged]).toEqual([[{ thaws: 1 }], []]);
    expect(pool.snapshot().leases[0]).toMatchObject({ blockedMs: 3_600_000 });
    lease?.release();
  });
});
