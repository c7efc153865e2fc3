import { describe, expect, it, vi } from 'vitest';
import { makePool, statuses, watch } from '../test/pool-fixture.ts';
import { LeaseRecord } from './lease-record.ts';
import { beginScope, runScope } from './run-scope.ts';
import { runSession } from './run-session.ts';
import { Session } from './session.ts';

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

  it('whose owner is gone is taken back sooner: after the grace, not after idleThresholdMs', async () => {
    const { pool, clock } = makePool({ ...LEAKY, size: 2, reclaim: 'under-pressure' });
    const scope = beginScope('GET /orders', {}, { clock });
    const lost = await scope.run(() => pool.acquire());
    scope.end();
    const dropped = await pool.acquire();
    dropped.record.find().collected = true;
    const waiting = [watch(pool.acquire()), watch(pool.acquire())];
    await clock.advance(2_000);
    expect([lost.isOpen, dropped.isOpen]).toEqual([false, false]);
    expect(await statuses(waiting)).toBe('fulfilled fulfilled');
    expect(() => lost.connection).toThrow(expect.objectContaining({ reason: 'leak' }));
  });

  it('outside of a session ends with reclaim "always" where a session would, even while its query runs', async () => {
    const { pool, clock } = makePool({ ...LEAKY, size: 4, reclaim: 'always', sessionTimeoutMs: 20_000 });
    const session = new Session({ clock, timeoutMs: Infinity }, undefined);
    const scope = beginScope('job', {}, { clock });
    const plain = await pool.acquire();
    const managed = await session.run(() => pool.acquire());
    const scoped = await scope.run(() => pool.acquire());
    const long = await pool.acquire({ leakThresholdMs: 100_000 });
    const all = [plain, managed, scoped, long];
    for (const lease of all) lease.record.queryStarted('select pg_sleep(600)');
    await clock.advance(19_999);
    expect(all.map((lease) => lease.isOpen)).toEqual([true, true, true, true]);
    await clock.advance(1);
    expect(all.map((lease) => lease.isOpen)).toEqual([false, true, false, true]);
    session.end();
    scope.end();
  });

  it('in a scope inside a managed session ends with that session, and not before', async () => {
    const { pool, clock } = makePool({ size: 1, reclaim: 'always', sessionTimeoutMs: 60_000 });
    const work = watch(
      runSession({ timeoutMs: 3_600_000, clock }, () =>
        runScope('step', {}, () =>
          pool.use(async (_, lease) => {
            lease.record.queryStarted('select long');
            await new Promise<void>((resolve) => clock.setTimer(120_000, resolve));
            lease.record.queryEnded('none');
            return lease.isOpen;
          }),
        ),
      ),
    );
    await clock.advance(130_000);
    expect([await statuses([work]), work.value]).toEqual(['fulfilled', true]);
  });

  it('of a managed session that has ended is in none any more', async () => {
    const { pool, clock } = makePool({ size: 1, reclaim: 'always', sessionTimeoutMs: 60_000 });
    const lease = await runSession({ clock }, async () => pool.acquire());
    lease.record.queryStarted('select hung');
    await clock.advance(62_000);
    expect(lease.record.state).toMatchObject({ kind: 'revoked', error: { reason: 'leak' } });
  });

  it('that was reported as slow before is warned of as idle first, and taken back at a later look', async () => {
    const { pool, clock, take } = makePool({ size: 1, reclaim: 'always', leakThresholdMs: 5_000 });
    const told: string[] = [];
    pool.on('leak', ({ code }) => told.push(`${code} at ${clock.now()}`));
    pool.on('revoke', () => told.push(`revoked at ${clock.now()}`));
    const taking = take(1);
    await clock.advance(1);
    const [lease] = await taking;
    lease?.record.queryStarted('select slow');
    await clock.advance(10_000);
    lease?.record.queryEnded('none');
    await clock.advance(8_000);
    expect(told.map((line) => line.split(' ')[0])).toEqual(['LG_SLOW_LEASE', 'LG_LEAK_SUSPECTED', 'revoked']);
    expect(told[1]?.split(' at ')[1]).not.toBe(told[2]?.split(' at ')[1]);
  });

  it('is taken back when somebody asks for it, also where the policy is to report only', async () => {
    const { pool, clock, take } = makePool({ ...LEAKY, size: 3 });
    const [leaked, slow] = await take(2);
    slow?.record.queryStarted('select slow');
    expect(pool.reclaim()).toBe(0);
    await clock.advance(6_000);
    const [fresh] = await take(1);
    expect(pool.reclaim()).toBe(1);
    expect([leaked, slow, fresh].map((lease) => lease?.isOpen)).toEqual([false, true, true]);
    expect(pool.snapshot().counters).toMatchObject({ revoked: 1, reclaimed: 1 });
    expect(pool.reclaim()).toBe(0);
    slow?.release();
    fresh?.release();
  });

  it('tells its holder by a signal when it is taken back, and what it was', async () => {
    const { pool, clock, take } = makePool({ ...LEAKY, reclaim: 'always' });
    const [lease] = await take(1);
    const { signal } = lease!;
    expect(signal.aborted).toBe(false);
    await clock.advance(6_000);
    expect(signal.reason).toMatchObject({
      code: 'LG_LEASE_REVOKED',
      reason: 'leak',
      revokedAt: '2026-01-01T00:16:46.000Z',
      lease: { heldMs: 6_000, queries: 0, site: { file: expect.stringContaining('pool-fixture.ts') } },
    });
    // Asked for only now, it is the same.
    expect(lease?.signal).toBe(signal);
    const late: unknown[] = [];
    pool.on('returned-late', (retraction) => late.push(retraction));
    lease?.release();
    lease?.release();
    expect(late).toMatchObject([{ reportId: 1, revoked: 'leak' }]);
  });

  it.each(['released', 'revoked', 'lost'] as const)(
    '%s: a signal asked for afterwards says so',
    async (end) => {
      const { pool, connector, take } = makePool();
      const [lease] = await take(1);
      if (end === 'released') lease?.release();
      if (end === 'revoked') lease?.record.owner.revoke(lease.record, 'operator', undefined);
      if (end === 'lost') connector.opened[0]?.die();
      expect(lease?.signal.aborted).toBe(end !== 'released');
      expect(pool.counts().used).toBe(0);
    },
  );

  it('that the server ended for doing nothing is reported, though no look had come to it', async () => {
    const { pool, connector, logged, take } = makePool();
    const limit = { sqlState: '25P03', setting: 'idle_in_transaction_session_timeout', heldIdle: true };
    Object.assign(connector, { explainLoss: () => limit });
    const [lease] = await take(1);
    connector.opened[0]?.die(new Error('terminating connection'));
    expect(pool.snapshot().reports).toMatchObject([{ evidence: ['idle'], lease: { id: 1 } }]);
    expect(logged[0]).toContain('LG_LEAK_SUSPECTED');
    expect(() => lease?.connection).toThrow(
      expect.objectContaining({
        code: 'LG_SERVER_TIMEOUT',
        setting: 'idle_in_transaction_session_timeout',
        sqlState: '25P03',
      }),
    );
  });

  it('that the server ended may be ended by who hears of it', async () => {
    const { pool, connector, clock, take } = makePool();
    const limit = { sqlState: '25P03', setting: 'idle_in_transaction_session_timeout', heldIdle: true };
    Object.assign(connector, { explainLoss: () => limit });
    const [lease] = await take(1);
    pool.on('leak', () => lease?.destroy());
    connector.opened[0]?.die(new Error('terminating connection'));
    await clock.advance(10);
    expect([lease?.record.state.kind, pool.counts().used]).toEqual(['released', 0]);
  });

  it('that the server ended for another reason is not', async () => {
    const { pool, connector, take } = makePool();
    const limit = { sqlState: '25P04', setting: 'transaction_timeout', heldIdle: false };
    Object.assign(connector, { explainLoss: () => limit });
    const [lease] = await take(1);
    connector.opened[0]?.die();
    expect(pool.snapshot().reports).toEqual([]);
    expect(() => lease?.connection).toThrow('took longer than the server allows');
    Object.assign(connector, {
      explainLoss: () => {
        throw new Error('who knows');
      },
    });
    const [other] = await take(1);
    connector.opened[1]?.die();
    expect(() => other?.connection).toThrow(expect.objectContaining({ code: 'LG_CONNECTION_LOST' }));
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
