import { describe, expect, it } from 'vitest';
import { watching } from '../test/watching.ts';
import type { LeakReport } from './leak-report.ts';
import type { PoolOptions } from './pool-options.ts';
import { ManualClock } from './testing/index.ts';

/** The evidence of each report. */
const evidence = (reports: readonly LeakReport[]) => reports.map((report) => report.evidence);

describe('a place with habits', () => {
  const adaptiveThreshold = { factor: 10, floorMs: 2_000, minLeases: 50 };

  async function withHabits(options: PoolOptions = {}) {
    const all = watching({ adaptiveThreshold, ...options });
    for (let each = 0; each < 50; each += 1) {
      const record = all.open({ label: 'lookup' });
      await all.clock.advance(each === 0 ? 300 : 1);
      all.release(record);
    }
    return all;
  }

  it('makes a lease overdue long before the fixed threshold, and says why', async () => {
    const { clock, reports, open } = await withHabits();
    open({ label: 'lookup' });
    open({ label: 'something else' });
    await clock.advance(4_000);
    expect(reports).toMatchObject([
      {
        evidence: ['overdue'],
        thresholdMs: 3_000,
        usual: { p99Ms: 300, leases: 50 },
        lease: { label: 'lookup' },
      },
    ]);
    // The fixed threshold has its own report, by what has come to it: idle.
    await clock.advance(30_000);
    expect(evidence(reports)).toEqual([['overdue'], ['overdue', 'idle'], ['overdue', 'idle']]);
    expect(reports[1]?.usual).toMatchObject({ leases: 50 });
    expect(reports[2]?.usual).toBeUndefined();
  });

  it('says nothing about a query that runs', async () => {
    const { clock, reports, open } = await withHabits();
    open({ label: 'lookup' }).queryStarted('select pg_sleep(20)');
    await clock.advance(29_000);
    expect(reports).toEqual([]);
    await clock.advance(2_000);
    expect(reports).toMatchObject([{ code: 'LG_SLOW_LEASE', thresholdMs: 30_000, usual: undefined }]);
  });

  it('can be told not to count', async () => {
    const { clock, reports, open } = await withHabits({ adaptiveThreshold: false });
    open({ label: 'lookup' });
    await clock.advance(29_000);
    expect(reports).toEqual([]);
  });
});

describe('reports of one place', () => {
  it('are all told, and one of them logged in each interval, with the number of the others', async () => {
    const { clock, reports, open, tracker } = watching({ leakThresholdMs: 1_000, reportIntervalMs: 60_000 });
    for (let each = 0; each < 5; each += 1) open({ label: 'import' });
    open({ label: 'other' });
    await clock.advance(2_000);
    expect(reports.map(({ isLogged, lease }) => [lease.label, isLogged])).toEqual([
      ['import', true],
      ['import', false],
      ['import', false],
      ['import', false],
      ['import', false],
      ['other', true],
    ]);
    await clock.advance(60_000);
    open({ label: 'import' });
    await clock.advance(2_000);
    expect(reports.at(-1)).toMatchObject({ isLogged: true, unlogged: 4 });
    expect(tracker.sites().find(({ label }) => label === 'import')?.leaks).toBe(6);
  });

  it('come from at most a hundred leases in one look; the rest in the next', async () => {
    const { clock, reports, open } = watching({ leakThresholdMs: 900 });
    for (let each = 0; each < 250; each += 1) open();
    await clock.advance(1_000);
    expect(reports).toHaveLength(100);
    await clock.advance(2_000);
    expect(new Set(reports.map(({ id }) => id)).size).toBe(250);
  });
});

describe('a place', () => {
  it('gets its statistics only as far as the budget for reading stacks goes', () => {
    const { tracker, open, release } = watching({ stacks: { mode: 'budget', budgetShare: 0 } });
    release(open());
    release(open({ label: 'named' }));
    expect(tracker.sites().map(({ label, leases }) => [label, leases])).toEqual([['named', 1]]);
    const always = watching({ stacks: { mode: 'always' } });
    always.release(always.open());
    expect(always.tracker.sites()).toMatchObject([{ leases: 1, site: { functionName: 'open' } }]);
    const off = watching({ stacks: { mode: 'off' } });
    off.release(off.open());
    expect(off.tracker.sites()).toEqual([]);
  });

  it('waits for its statistics while what is left of the budget goes to the next stacks', () => {
    // Each capture seems to take a millisecond, of ten a second that there are.
    class CostlyClock extends ManualClock {
      #spentMs = 0;
      override now(): number {
        return super.now() + (this.#spentMs += 1);
      }
    }
    const { tracker, open, release } = watching({}, new CostlyClock());
    const records = Array.from({ length: 7 }, () => open());
    expect(records.filter((record) => record.hasUnreadStack)).toHaveLength(7);
    for (const record of records) release(record);
    expect(tracker.sites()).toEqual([]);
  });

  it('that nobody knows is reported all the same', async () => {
    const { clock, reports, open } = watching({ stacks: { mode: 'off' } });
    open();
    open();
    await clock.advance(31_000);
    expect(reports.map(({ isLogged, lease }) => [isLogged, lease.site])).toEqual([
      [true, undefined],
      [false, undefined],
    ]);
  });

  it('is not called leaking for a query that is slow', async () => {
    const { clock, tracker, reports, open } = watching();
    open({ label: 'report' }).queryStarted('select pg_sleep(60)');
    await clock.advance(31_000);
    expect([reports.length, tracker.sites()[0]?.leaks]).toEqual([1, 0]);
  });

  it('has its stack read in a sweep, but of no more than 200 leases', async () => {
    const { clock, tracker, open } = watching({ stacks: { mode: 'always' } });
    for (let each = 0; each < 250; each += 1) open();
    const unread = (): number => [...tracker.records()].filter((record) => record.hasUnreadStack).length;
    expect(unread()).toBe(250);
    await clock.advance(1_000);
    expect(unread()).toBe(50);
    await clock.advance(1_000);
    expect(unread()).toBe(0);
  });
});
