import { describe, expect, it } from 'vitest';
import { noOrigin } from '../test/origin.ts';
import { LeaseRecord } from './lease-record.ts';
import { SiteRegistry } from './site-registry.ts';
import { fingerprintOf } from './site-stats.ts';
import { takeStack } from './stack-recorder.ts';
import { ManualClock } from './testing/index.ts';

const ADAPTIVE = { factor: 4, floorMs: 1_000, minLeases: 10 };
const clock = new ManualClock();
const owner = { revoke: () => false };
const makeRecord = (parts: Parameters<typeof noOrigin>[0]): LeaseRecord =>
  new LeaseRecord(1, clock, owner, noOrigin(parts));

describe('the places that acquire', () => {
  it('are told apart by label, else by the line of code', () => {
    const sites = new SiteRegistry({ maxSites: 10, adaptiveThreshold: false });
    const here = takeStack(10);
    const first = sites.of(makeRecord({ stack: here }));
    expect(first?.site?.file).toMatch(/site-registry\.test\.ts$/);
    expect(sites.of(makeRecord({ stack: here }))).toBe(first);
    expect(sites.of(makeRecord({ stack: takeStack(10) }))).not.toBe(first);
    expect(sites.of(makeRecord({ stack: here, label: 'import' }))?.label).toBe('import');
    expect(sites.of(makeRecord({}))).toBeUndefined();
    expect(sites.size).toBe(3);
  });

  it('are at most so many: the one not seen for longest is forgotten', () => {
    const sites = new SiteRegistry({ maxSites: 100, adaptiveThreshold: false });
    for (let each = 0; each < 10_000; each += 1) sites.of(makeRecord({ label: `job ${each}` }));
    expect(sites.size).toBe(100);
    expect(sites.top()).toHaveLength(20);
  });

  it('are shown with what they do: those that made others wait longest first', () => {
    const sites = new SiteRegistry({ maxSites: 10, adaptiveThreshold: ADAPTIVE });
    for (const [label, heldMs, waitsMs] of [
      ['quick', 10, 0],
      ['slow', 900, 0],
      ['blocking', 200, 5_000],
    ] as const) {
      const record = makeRecord({ label });
      sites.of(record)?.closed(record, heldMs, waitsMs);
    }
    expect(sites.top().map(({ label }) => label)).toEqual(['blocking', 'slow', 'quick']);
    expect(sites.top()[0]).toMatchObject({
      leases: 1,
      waitsCausedMs: 5_000,
      idleShare: 1,
      leaks: 0,
      adaptiveThresholdMs: undefined,
      fingerprint: fingerprintOf('label:blocking'),
    });
    expect(Object.isFrozen(sites.top()[0])).toBe(true);
  });

  it('know the share of the time in which no query ran', async () => {
    const sites = new SiteRegistry({ maxSites: 10, adaptiveThreshold: false });
    const record = makeRecord({ label: 'mixed' });
    record.queryStarted('select 1');
    await clock.advance(250);
    record.queryEnded('none');
    await clock.advance(750);
    sites.of(record)?.closed(record, record.heldMs(clock.now()), 0);
    expect(sites.top()[0]?.idleShare).toBe(0.75);
    const unused = makeRecord({ label: 'unused' });
    sites.of(unused)?.closed(unused, 0, 0);
    expect(sites.top().find(({ label }) => label === 'unused')?.idleShare).toBe(0);
  });

  it('have a threshold of their own once they have habits, and never below the floor', async () => {
    const sites = new SiteRegistry({ maxSites: 10, adaptiveThreshold: ADAPTIVE });
    const record = makeRecord({ label: 'report' });
    const site = sites.of(record);
    for (let each = 0; each < 9; each += 1) site?.closed(record, 500, 0);
    await clock.advance(1_000);
    expect(sites.adaptiveMs(record, clock.now())).toBeUndefined();
    site?.closed(record, 500, 0);
    expect(sites.adaptiveMs(record, clock.now())).toBe(2_000);
    // Too young to be judged by it: not even looked up.
    expect(sites.adaptiveMs(record, clock.now() - 1)).toBeUndefined();
    const quick = makeRecord({ label: 'quick' });
    for (let each = 0; each < 10; each += 1) sites.of(quick)?.closed(quick, 1, 0);
    await clock.advance(1_000);
    expect(sites.adaptiveMs(quick, clock.now())).toBe(1_000);
    expect(
      new SiteRegistry({ maxSites: 1, adaptiveThreshold: false }).adaptiveMs(quick, Infinity),
    ).toBeUndefined();
  });

  it('have a fingerprint that is the same everywhere', () => {
    // FNV-1a's published test vectors.
    expect([fingerprintOf(''), fingerprintOf('a'), fingerprintOf('foobar')]).toEqual([
      '811c9dc5',
      'e40c292c',
      'bf9cf968',
    ]);
  });
});
