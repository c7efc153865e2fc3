import { describe, expect, it } from 'vitest';
import { LoopHealth, ageWithoutPauses } from './loop-health.ts';
import { SystemClock } from './system-clock.ts';

describe('the health of the event loop', () => {
  it('does not count short pauses', () => {
    const loop = new LoopHealth();
    loop.blocked(0, 199);
    expect([loop.pauses, loop.thaws]).toEqual([{ blockedMs: 0, frozenMs: 0 }, 0]);
  });

  it('counts a pause once, whoever notices it', () => {
    const loop = new LoopHealth();
    loop.blocked(1_000, 2_000);
    loop.blocked(1_200, 2_000);
    loop.blocked(1_800, 2_100);
    expect(loop.pauses.blockedMs).toBe(1_100);
    loop.blocked(5_000, 5_300);
    expect(loop.pauses.blockedMs).toBe(1_400);
  });

  it('takes a long one for a process that stood still', () => {
    const loop = new LoopHealth();
    loop.blocked(0, 60_000);
    loop.blocked(30_000, 60_000);
    expect([loop.pauses, loop.thaws]).toEqual([{ blockedMs: 0, frozenMs: 60_000 }, 1]);
  });

  it('knows a machine that slept by its clocks, which drifted apart', () => {
    const loop = new LoopHealth();
    loop.observe(1_000_000, 0);
    loop.observe(1_004_999, 0);
    expect(loop.thaws).toBe(0);
    loop.observe(1_010_000, 1);
    expect(loop.thaws).toBe(1);
    // Set back, as time servers do: nobody slept.
    loop.observe(900_000, 2);
    expect(loop.thaws).toBe(1);
  });

  it('is told by the system clock of a turn that took long', async () => {
    const clock = new SystemClock();
    clock.coarseNow();
    const until = clock.now() + 220;
    while (clock.now() < until);
    await new Promise((resolve) => {
      clock.afterPendingIo(() => resolve(undefined));
    });
    expect(clock.loop.pauses.blockedMs).toBeGreaterThanOrEqual(220);
  });
});

describe('an age', () => {
  it.each([
    ['without pauses is what the clock says', 1_000, 0, 0, 1_000],
    ['leaves out a pause', 1_000, 300, 0, 700],
    ['leaves out a long sleep whole', 60_000, 0, 59_000, 1_000],
    ['of a process that is always late is half of what the clock says', 1_000, 950, 0, 500],
    ['is never negative', 1_000, 500, 2_000, 0],
  ])('%s', (_, ageMs, blockedMs, frozenMs, expected) => {
    const before = { blockedMs: 7, frozenMs: 8 };
    const now = { blockedMs: 7 + blockedMs, frozenMs: 8 + frozenMs };
    expect(ageWithoutPauses(ageMs, before, now)).toBe(expected);
    expect(ageWithoutPauses(ageMs, now, now)).toBe(ageMs);
  });
});
