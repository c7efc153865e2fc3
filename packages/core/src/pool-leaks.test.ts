import { describe, expect, it, vi } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import { LeaseRecord } from './lease-record.ts';

const LEAKY = { leakThresholdMs: 5_000, monitorIntervalMs: 1_000, acquireTimeoutMs: 60_000 };

describe('a suspected leak', () => {
  it('is logged, told and kept, and the next acquires are recorded', async () => {
    const { pool, clock, logged, take } = makePool(LEAKY);
    const told: unknown[] = [];
    pool.on('leak', ({ evidence, lease }) => told.push([evidence, lease.id]));
    const [lease] = await take(1);
    await clock.advance(5_000);
    expect(told).toEqual([[['overdue', 'idle'], 1]]);
    expect(logged[0]).toContain(
      'warn LG_LEAK_SUSPECTED: connection of pool "main" held for 5s (threshold 5s), not returned',
    );
    expect(pool.snapshot()).toMatchObject({
      counters: { leaksReported: 1, returnedLate: 0, revoked: 0 },
      reports: [{ id: 1, used: 1, max: 2, pending: 0 }],
      holders: [{ suspected: 1 }],
    });
    lease?.release();
    expect(pool.snapshot().counters.returnedLate).toBe(1);
  });

  it('is only reported by default, however long callers wait', async () => {
    const { pool, clock, take } = makePool({ ...LEAKY, size: 1 });
    const [lease] = await take(1);
    const waiting = watch(pool.acquire());
    await clock.advance(30_000);
    expect([lease?.isOpen, waiting.status]).toEqual([true, 'pending']);
    pool.audit();
  });

  it('is taken back with reclaim "always", though nobody waits', async () => {
    const { pool, clock, take } = makePool({ ...LEAKY, reclaim: 'always' });
    const [lease] = await take(1);
    await clock.advance(5_999);
    // Reported at 5 s; whoever holds it has until the next look.
    expect([pool.snapshot().counters.leaksReported, lease?.isOpen]).toEqual([1, true]);
    await clock.advance(1);
    expect(() => lease?.connection).toThrow(
      expect.objectContaining({ code: 'LG_LEASE_REVOKED', reason: 'leak' }),
    );
    expect(pool.counts().used).toBe(0);
  });

  it('is taken back under pressure, the longest held first and no more than callers wait', async () => {
    const { pool, clock, take } = makePool({ ...LEAKY, size: 3, reclaim: 'under-pressure' });
    const [first] = await take(1);
    await clock.advance(1);
    const [second, third] = await take(2);
    await clock.advance(20_000);
    expect(pool.counts().used).toBe(3);
    const waiting = watch(pool.acquire());
    await clock.advance(1_000);
    expect([first?.isOpen, second?.isOpen, third?.isOpen]).toEqual([false, true, true]);
    expect(await statuses([waiting])).toBe('fulfilled');
    await clock.advance(2_000);
    expect([second?.isOpen, third?.isOpen]).toEqual([true, true]);
  });

  it('is not taken back under pressure for the sake of minIdle', async () => {
    const { pool, clock, take } = makePool({ ...LEAKY, size: 2, minIdle: 1, reclaim: 'under-pressure' });
    const leases = await take(2);
    await clock.advance(20_000);
    expect(leases.map((lease) => lease.isOpen)).toEqual([true, true]);
    expect(pool.counts().pending).toBe(0);
  });

  it('is not taken back while its query runs, nor when it has gone on meanwhile', async () => {
    const { clock, take } = makePool({ ...LEAKY, reclaim: 'always' });
    const [running, active] = await take(2);
    running?.record.queryStarted('select pg_sleep(60)');
    for (let second = 0; second < 10; second += 1) {
      active?.record.queryStarted('select 1');
      active?.record.queryEnded('none');
      await clock.advance(1_000);
    }
    expect([running?.isOpen, active?.isOpen]).toEqual([true, true]);
    active?.record.queryStarted('select 1');
    running?.record.queryEnded('none');
    await clock.advance(6_000);
    expect([running?.isOpen, active?.isOpen]).toEqual([false, true]);
  });

  it('is only watched where nobody can take it back', async () => {
    const { pool, clock, take } = makePool({ ...LEAKY, size: 2, reclaim: 'under-pressure' });
    const leases = await take(2);
    const waiting = watch(pool.acquire());
    const [foreign] = leases;
    foreign!.record.owner.revoke = () => false;
    await clock.advance(6_000);
    expect(leases.map((lease) => lease.isOpen)).toEqual([true, false]);
    expect(await statuses([waiting])).toBe('fulfilled');
    foreign?.release();
  });
});

describe('thousands who are turned away in one moment', () => {
  it('have the holders looked at once for all of them', async () => {
    const { pool, clock, take } = makePool({ size: 3, acquireTimeoutMs: 1_000 });
    await take(3);
    const waiting = Array.from({ length: 1_000 }, () => watch(pool.acquire()));
    const looks = vi.spyOn(LeaseRecord.prototype, 'view');
    await clock.advance(1_000);
    const count = looks.mock.calls.length;
    looks.mockRestore();
    expect(waiting.every((each) => each.status === 'rejected')).toBe(true);
    expect(count).toBe(3);
  });
});
