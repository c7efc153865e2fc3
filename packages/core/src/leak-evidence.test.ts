import { describe, expect, it } from 'vitest';
import { makePool } from '../test/pool-fixture.ts';
import { watching } from '../test/watching.ts';
import type { AcquireOptions } from './pool.ts';
import type { LeakReport } from './leak-report.ts';
import { beginScope } from './run-scope.ts';
import { Session } from './session.ts';

/** The evidence of each report. */
const evidence = (reports: readonly LeakReport[]) => reports.map((report) => report.evidence);

describe('a lease whose owner is over', () => {
  it('is orphaned when its request has ended, after a grace, and its report names the request', async () => {
    const { clock, reports, retractions, open, release } = watching();
    const scope = beginScope('GET /orders/:id', { tenant: 'acme' }, { traceId: '4bf92f', clock });
    const record = scope.run(() => open());
    await clock.advance(500);
    scope.end();
    await clock.advance(500);
    expect(reports).toEqual([]);
    await clock.advance(1_000);
    expect(reports).toMatchObject([
      {
        code: 'LG_LEAK_SUSPECTED',
        evidence: ['orphaned'],
        thresholdMs: 1_000,
        lease: {
          session: { kind: 'request', name: 'GET /orders/:id', tags: { tenant: 'acme' }, endedMs: 1_500 },
        },
      },
    ]);
    release(record);
    expect(retractions).toMatchObject([{ reportId: 1, revoked: undefined }]);
  });

  it('is orphaned when the signal of its acquire has aborted, counted from the first look', async () => {
    const { clock, reports, open } = watching();
    const controller = new AbortController();
    open({ signal: controller.signal });
    await clock.advance(5_000);
    controller.abort();
    await clock.advance(1_500);
    expect(reports).toEqual([]);
    await clock.advance(1_000);
    expect(evidence(reports)).toEqual([['orphaned']]);
  });

  it('is orphaned when a session was cut off and nobody could take it back', async () => {
    const { clock, reports, open } = watching();
    const session = new Session({ clock, timeoutMs: 2_000 }, undefined);
    session.run(() => open());
    await clock.advance(4_000);
    expect(evidence(reports)).toEqual([['orphaned']]);
  });

  it('is not orphaned while its query runs: the work goes on', async () => {
    const { clock, reports, open, release } = watching();
    const scope = beginScope('job', {}, { clock });
    const record = scope.run(() => open());
    record.queryStarted('select pg_sleep(9)');
    scope.end();
    await clock.advance(9_000);
    expect(reports).toEqual([]);
    record.queryEnded('none');
    release(record);
    await clock.advance(9_000);
    expect(reports).toEqual([]);
  });
});

describe('a lease whose handle is garbage', () => {
  it('is collected: its report says that nobody can give it back', async () => {
    const { clock, reports, handles, open } = watching();
    const record = open();
    record.handle = {};
    await clock.advance(1_000);
    expect([record.handle, handles.watched]).toEqual([undefined, [record]]);
    handles.collect(record);
    await clock.advance(1_000);
    expect(reports).toMatchObject([{ evidence: ['collected'], thresholdMs: 0, lease: { collected: true } }]);
  });

  it('is handed to the collector at the first look only: most leases do not live to see one', async () => {
    const { clock, handles, open, release } = watching();
    const record = open();
    record.handle = {};
    release(record);
    expect(record.handle).toBeUndefined();
    const other = open();
    other.handle = {};
    await clock.advance(5_000);
    expect(handles.watched).toEqual([other]);
  });

  it('is not reported while a query runs on what it left behind', async () => {
    const { clock, reports, handles, open } = watching();
    const record = open();
    record.queryStarted('select 1');
    handles.collect(record);
    await clock.advance(5_000);
    expect(reports).toEqual([]);
    record.queryEnded('none');
    await clock.advance(1_000);
    expect(evidence(reports)).toEqual([['collected']]);
  });
});

describe('a threshold of its own', () => {
  it('takes the place of both others, for a lease', async () => {
    const { clock, reports, open } = watching();
    open({ leakThresholdMs: 5_000 });
    open({ leakThresholdMs: Infinity });
    await clock.advance(120_000);
    expect(reports).toMatchObject([{ evidence: ['overdue', 'idle'], thresholdMs: 5_000, lease: { id: 1 } }]);
  });

  it('comes from the session where the lease has none', async () => {
    const { clock, reports, open } = watching();
    const session = new Session({ clock, timeoutMs: Infinity, leakThresholdMs: 3_000 }, undefined);
    session.run(() => open());
    session.run(() => open({ leakThresholdMs: 90_000 }));
    await clock.advance(60_000);
    expect(reports.map(({ lease }) => lease.id)).toEqual([1]);
    session.end();
  });
});

describe('a threshold of Infinity', () => {
  it('is not overruled by what its place usually does', async () => {
    const { pool, clock } = makePool({ size: 1 });
    const reports: unknown[] = [];
    pool.on('leak', (report) => reports.push(report));
    const take = async (options: AcquireOptions = {}) => {
      const acquiring = pool.acquire({ label: 'helper', ...options });
      await clock.advance(2);
      return acquiring;
    };
    for (let index = 0; index < 210; index += 1) (await take()).release();
    const lease = await take({ leakThresholdMs: Infinity });
    await clock.advance(20_000);
    expect(reports).toEqual([]);
    lease.release();
  });

  it('stands for a lease that nobody but its connection refers to, such as a queue listener', async () => {
    const { pool, clock } = makePool({ size: 1, reclaim: 'always' });
    const acquiring = pool.acquire({ leakThresholdMs: Infinity });
    await clock.advance(2);
    const lease = await acquiring;
    lease.record.find().collected = true;
    await clock.advance(600_000);
    expect([lease.isOpen, pool.snapshot().reports]).toEqual([true, []]);
    lease.release();
  });
});

describe('the signal of an acquire', () => {
  it('that has run out was there to bound the wait, and says nothing of the owner', async () => {
    const { pool, clock } = makePool({ size: 1 });
    const controller = new AbortController();
    const acquiring = pool.acquire({ signal: controller.signal });
    await clock.advance(2);
    const lease = await acquiring;
    // As AbortSignal.timeout() does.
    controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    await clock.advance(10_000);
    expect(pool.snapshot().reports).toEqual([]);
    lease.release();
  });

  it('is evidence when it aborts, and not enough to take the lease back', async () => {
    const { pool, clock } = makePool({ size: 1, reclaim: 'always' });
    const controller = new AbortController();
    const acquiring = pool.acquire({ signal: controller.signal });
    await clock.advance(2);
    const lease = await acquiring;
    controller.abort('the client is gone');
    await clock.advance(10_000);
    expect(pool.snapshot().reports).toMatchObject([{ evidence: ['orphaned'] }]);
    expect(lease.isOpen).toBe(true);
    lease.release();
  });
});

describe('time in which the loop stood still', () => {
  it('counts for no lease, and is named', async () => {
    const { clock, reports, open } = watching({ leakThresholdMs: 10_000 });
    open();
    await clock.advance(500);
    await clock.stall(4_000);
    await clock.advance(9_000);
    expect(reports).toEqual([]);
    await clock.advance(1_000);
    expect(reports).toMatchObject([{ lease: { heldMs: 14_500, blockedMs: 4_000 } }]);
  });

  it('raises no alarm after a night in a bag', async () => {
    const { clock, reports, open } = watching();
    const record = open();
    record.queryStarted('select 1');
    record.queryEnded('none');
    await clock.stall(8 * 3_600_000);
    await clock.advance(29_000);
    expect(reports).toEqual([]);
    await clock.advance(2_000);
    expect(evidence(reports)).toEqual([['overdue', 'idle']]);
  });
});

describe('a release that comes too late', () => {
  it('is told once, with the reason why it did nothing', async () => {
    const { tracker, retractions, open } = watching();
    const record = open();
    tracker.close(record, {
      kind: 'revoked',
      error: Object.assign(new Error('x'), { reason: 'close' }) as never,
    });
    tracker.releasedAfterRevocation(record);
    tracker.releasedAfterRevocation(record);
    expect(retractions).toMatchObject([{ reportId: undefined, leaseId: 1, revoked: 'close' }]);
    const other = open();
    tracker.close(other, { kind: 'released' });
    tracker.releasedAfterRevocation(other);
    expect(retractions).toHaveLength(1);
  });
});

describe('what the server says of a lease', () => {
  it('is reported at once, and once', async () => {
    const { clock, tracker, reports, open } = watching();
    const record = open();
    tracker.accuse(record);
    tracker.accuse(record);
    expect(evidence(reports)).toEqual([['idle']]);
    await clock.advance(1_000);
    expect(reports).toHaveLength(1);
  });
});
