import { describe, expect, it } from 'vitest';
import type { LeakReport, ReturnedLate } from './leak-report.ts';
import type { LeaseRecord } from './lease-record.ts';
import { LeaseTracker } from './lease-tracker.ts';
import type { LeaseTrackerOptions } from './lease-tracker.ts';
import { resolvePoolOptions } from './resolve-pool-options.ts';
import { Session } from './session.ts';
import { setSpanSource } from './span-source.ts';
import { ManualClock } from './testing/index.ts';

interface Watching {
  readonly tracker: LeaseTracker;
  readonly clock: ManualClock;
  readonly reports: LeakReport[];
  readonly retractions: ReturnedLate[];
  open(label?: string): LeaseRecord;
  release(record: LeaseRecord): boolean;
}

function makeTracker(options: Partial<LeaseTrackerOptions> = {}): Watching {
  const clock = new ManualClock();
  const reports: LeakReport[] = [];
  const retractions: ReturnedLate[] = [];
  const tracker = new LeaseTracker({
    ...resolvePoolOptions({ clock, leakThresholdMs: 30_000, idleThresholdMs: 10_000 }),
    onLeak: (report) => reports.push(report),
    onReturnedLate: (retraction) => retractions.push(retraction),
    ...options,
  });
  return {
    tracker,
    clock,
    reports,
    retractions,
    open: (label) =>
      tracker.open({ revoke: () => false }, tracker.origin(label === undefined ? {} : { label })),
    release: (record) => tracker.close(record, { kind: 'released' }),
  };
}

describe('a lease that is held for too long', () => {
  it('is reported once for each grade of evidence', async () => {
    const { clock, reports, open } = makeTracker();
    open();
    await clock.advance(9_999);
    expect(reports).toEqual([]);
    await clock.advance(20_000);
    expect(reports.map((report) => report.evidence)).toEqual([['idle']]);
    await clock.advance(100_000);
    expect(reports.map((report) => [report.id, report.evidence, report.thresholdMs])).toEqual([
      [1, ['idle'], 10_000],
      [1, ['overdue', 'idle'], 30_000],
    ]);
  });

  it('is not reported once it is back', async () => {
    const { clock, tracker, reports, open, release } = makeTracker();
    const record = open();
    await clock.advance(9_000);
    release(record);
    await clock.advance(100_000);
    expect(reports).toEqual([]);
    expect([tracker.used, tracker.opened, tracker.useTime.summary().count]).toEqual([0, 1, 1]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is retracted when it comes back after all', async () => {
    const { clock, tracker, retractions, open, release } = makeTracker();
    const record = open();
    await clock.advance(41_000);
    expect(release(record)).toBe(true);
    expect(release(record)).toBe(false);
    expect(retractions).toEqual([{ reportId: 1, pool: 'main', leaseId: 1, heldMs: 41_000 }]);
    expect([tracker.leaksReported, tracker.returnedLate]).toEqual([1, 1]);
  });

  it('is not retracted when it was taken back or its connection was lost', async () => {
    const { clock, tracker, retractions, open } = makeTracker();
    const record = open();
    await clock.advance(41_000);
    tracker.close(record, { kind: 'lost', error: new Error('died') });
    expect(retractions).toEqual([]);
  });

  it('is slow, not leaked and never idle, while its query runs', async () => {
    const { clock, reports, open } = makeTracker();
    const record = open();
    record.queryStarted('select pg_sleep(60)');
    await clock.advance(60_000);
    expect(reports.map((report) => [report.code, report.evidence, report.lease.suspected])).toEqual([
      ['LG_SLOW_LEASE', ['overdue'], false],
    ]);
    record.queryEnded('none');
    await clock.advance(9_000);
    expect(reports).toHaveLength(1);
    await clock.advance(2_000);
    expect(reports[1]).toMatchObject({
      code: 'LG_LEAK_SUSPECTED',
      evidence: ['overdue', 'idle'],
      lease: { suspected: true },
    });
  });

  it('is not idle while queries follow each other', async () => {
    const { clock, reports, open } = makeTracker();
    const record = open();
    for (let second = 0; second < 29; second += 1) {
      record.queryStarted(undefined);
      record.queryEnded('open');
      await clock.advance(1_000);
    }
    expect(reports).toEqual([]);
  });

  it('is reported with the pool around it', async () => {
    const { clock, tracker, reports, open } = makeTracker({ max: () => 10 });
    open('nightly report');
    tracker.wait(3);
    await clock.advance(11_000);
    expect(reports[0]).toMatchObject({
      pool: 'main',
      used: 1,
      max: 10,
      pending: 3,
      lease: { label: 'nightly report' },
    });
    expect(Object.isFrozen(reports[0])).toBe(true);
    expect(reports[0]?.at).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it('over a pool that tells nothing of itself is reported with the leases alone', async () => {
    const { clock, reports, open } = makeTracker();
    open();
    open();
    await clock.advance(11_000);
    expect(reports[0]).toMatchObject({ used: 2, max: Infinity, pending: 0 });
  });

  it('is not blamed for a blocked event loop: holders get a turn first', async () => {
    const { clock, reports, open, release } = makeTracker();
    const record = open();
    await clock.stall(60_000);
    expect(reports).toEqual([]);
    release(record);
    await clock.advance(10_000);
    expect(reports).toEqual([]);
  });

  it('is found all the same by a process that is always late', async () => {
    const { clock, reports, open } = makeTracker();
    open();
    for (let each = 0; each < 20; each += 1) await clock.stall(1_100);
    expect(reports).toHaveLength(1);
  });

  it('needs no listener', async () => {
    const clock = new ManualClock();
    const tracker = new LeaseTracker(resolvePoolOptions({ clock, leakThresholdMs: 2_000 }));
    const record = tracker.open({ revoke: () => false }, tracker.origin());
    await clock.advance(5_000);
    expect(tracker.leaksReported).toBe(1);
    tracker.close(record, { kind: 'released' });
    expect(tracker.returnedLate).toBe(1);
  });
});

describe('a sweep', () => {
  it('passes over a lease that a listener of an earlier report has closed', async () => {
    const { clock, tracker, reports, open } = makeTracker({
      onLeak: (report) => {
        reports.push(report);
        for (const record of tracker.records()) tracker.close(record, { kind: 'released' });
      },
    });
    open();
    open();
    await clock.advance(11_000);
    expect(reports).toHaveLength(1);
  });

  it('happens only while leases are open, keeps no process alive, and can be stopped', async () => {
    let sweeps = 0;
    const { clock, tracker, open, release } = makeTracker({ onSweep: () => (sweeps += 1) });
    expect(clock.pendingTimers).toBe(0);
    const first = open();
    open();
    expect([clock.pendingTimers, clock.keepAliveTimers]).toEqual([1, 0]);
    await clock.advance(3_000);
    expect(sweeps).toBe(3);
    tracker.stop();
    tracker.stop();
    release(first);
    await clock.advance(3_000);
    expect(sweeps).toBe(3);
    open();
    await clock.advance(1_000);
    expect(sweeps).toBe(4);
  });

  it('that stops the tracker is the last', async () => {
    let sweeps = 0;
    const { clock, tracker, open } = makeTracker({
      onSweep() {
        sweeps += 1;
        if (sweeps === 2) for (const record of tracker.records()) tracker.close(record, { kind: 'released' });
      },
    });
    open();
    await clock.advance(10_000);
    expect(sweeps).toBe(2);
  });
});

describe('what a tracker keeps', () => {
  it('is bounded: 50 reports, 100 leases in a view', async () => {
    const { clock, tracker, open } = makeTracker();
    for (let each = 0; each < 120; each += 1) open(`job ${each}`);
    await clock.advance(11_000);
    expect(tracker.leases()).toHaveLength(100);
    expect(tracker.leases()[0]?.label).toBe('job 0');
    expect(tracker.reports).toHaveLength(50);
    expect(tracker.reports.at(-1)?.lease.label).toBe('job 119');
    expect([tracker.used, tracker.leaksReported]).toEqual([120, 120]);
  });

  it('says who holds, grouped by place', () => {
    const { tracker, open } = makeTracker();
    for (let each = 0; each < 3; each += 1) open();
    open('job');
    expect(tracker.holders().map((holder) => holder.count)).toEqual([3, 1]);
  });

  it('are shown with 40 places more at each look, the longest held first', () => {
    const { tracker, open } = makeTracker({ stacks: { mode: 'always' } });
    for (let count = 0; count < 120; count += 1) open();
    const placed = (): number[] =>
      tracker.leases().flatMap(({ id, site }) => (site === undefined ? [] : [id]));
    expect(placed()).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(placed()).toHaveLength(80);
  });

  it('knows where a lease was acquired, or at least where its session began', () => {
    const { tracker } = makeTracker({ stacks: { mode: 'off' } });
    const outside = tracker.open({ revoke: () => false }, tracker.origin());
    expect(outside.view(0)).toMatchObject({ site: undefined, frames: [], session: undefined });
    const session = new Session({ clock: new ManualClock(), name: 'import' }, undefined);
    const inside = session.run(() => tracker.open({ revoke: () => false }, tracker.origin()));
    expect(inside.view(0)).toMatchObject({ session: { name: 'import' } });
    expect(inside.view(0).site?.file).toContain('lease-tracker.test.ts');
    expect(session.openLeases).toBe(1);
    tracker.close(inside, { kind: 'released' });
    expect(session.openLeases).toBe(0);
    session.end();
  });

  it('of a lease is what its adapter tells, as data without literals', async () => {
    const { clock, tracker, open } = makeTracker();
    const record = open();
    expect(record.view(clock.now())).toMatchObject({
      queries: 0,
      lastQuery: undefined,
      idleMs: 0,
      transaction: 'none',
    });
    record.backendPid = 4711;
    record.queryStarted("update t set a = 'secret'");
    record.queryStarted(undefined);
    await clock.advance(200);
    expect(record.view(clock.now())).toMatchObject({
      queries: 2,
      queryRunning: true,
      idleMs: undefined,
      heldMs: 200,
    });
    record.queryEnded('failed');
    expect(record.queryRunning).toBe(true);
    record.queryEnded('failed');
    record.queryEnded('failed');
    await clock.advance(50);
    expect(tracker.leases()[0]).toMatchObject({
      queryRunning: false,
      idleMs: 50,
      transaction: 'failed',
      backendPid: 4711,
      heldMs: 250,
    });
    expect(record.transaction).toBe('failed');
    record.queryStarted("select 'secret'");
    record.queryEnded('none', 3);
    expect(record.queryRunning).toBe(true);
    record.queryEnded('none', 0);
    expect(record.view(clock.now())).toMatchObject({ queryRunning: false, lastQuery: 'select ?' });
    expect(record.view(0)).toMatchObject({ heldMs: 0, idleMs: 0 });
  });
});

describe('the span of a lease', () => {
  it('is kept with it; who is in the way is known where it is known how many connections there may be', () => {
    const span = { name: 'span' };
    const former = setSpanSource(() => span);
    const spans = [makeTracker({ max: () => 1 }), makeTracker({ max: () => 2 }), makeTracker()].map(
      ({ open }) => [open().spans, open().spans],
    );
    setSpanSource(former);
    const free = { span, blockedBy: undefined };
    expect(spans).toEqual([
      [free, { span, blockedBy: span }],
      [free, free],
      [free, free],
    ]);
    expect(makeTracker().open().spans).toBeUndefined();
  });

  it('of whoever is in the way may not be known', () => {
    const { open } = makeTracker({ max: () => 1 });
    open();
    const former = setSpanSource(() => ({ name: 'later' }));
    expect(open().spans).toMatchObject({ blockedBy: undefined });
    setSpanSource(former);
  });
});
