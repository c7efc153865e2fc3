import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from './clock.ts';
import { ManualClock } from './testing/index.ts';
import { TimerWheel } from './timer-wheel.ts';
import type { WheelTimer } from './timer-wheel.ts';

describe('a timer wheel', () => {
  it('fires at the instant or up to 5 ms later, never early', async () => {
    const clock = new ManualClock(1_000_003);
    const wheel = new TimerWheel(clock);
    let firedAt = 0;
    wheel.add(clock.now() + 100, () => {
      firedAt = clock.now();
    });
    await clock.advance(99);
    expect(firedAt).toBe(0);
    await clock.advance(20);
    expect(firedAt - 1_000_103).toBeGreaterThanOrEqual(0);
    expect(firedAt - 1_000_103).toBeLessThanOrEqual(5);
  });

  it('fires what is due already in the next tick, not inside the call, and takes that for no stall', async () => {
    const clock = new ManualClock();
    const stalls: number[] = [];
    const wheel = new TimerWheel(clock, { onStall: (lateMs) => stalls.push(lateMs) });
    let fired = false;
    wheel.add(clock.now() - 1_000, () => {
      fired = true;
    });
    expect(fired).toBe(false);
    await clock.advance(5);
    expect(fired).toBe(true);
    expect(stalls).toEqual([]);
  });

  it('fires thousands that are due at once in slices, and lets the loop deliver what has come in between', async () => {
    const manual = new ManualClock();
    // Each callback takes a tenth of a millisecond.
    let spentMs = 0;
    const slices: (() => void)[] = [];
    const clock: Clock = Object.assign(Object.create(manual) as ManualClock, {
      now: () => manual.now() + spentMs,
      setTimer: manual.setTimer.bind(manual),
      afterPendingIo: (callback: () => void) => slices.push(callback),
    });
    const wheel = new TimerWheel(clock);
    const fired: number[] = [];
    const add = (dueAt: number, number: number): WheelTimer =>
      wheel.add(
        dueAt,
        (subject: number) => {
          spentMs += 0.1;
          fired.push(subject);
        },
        number,
      );
    const timers = Array.from({ length: 1_000 }, (_, number) => add(clock.now() + 10, number));
    add(clock.now() + 30, 1_000);
    await manual.advance(10);
    expect(fired).toEqual([]);
    slices.shift()?.();
    expect(fired.length).toBeGreaterThan(0);
    expect(fired.length).toBeLessThan(100);
    expect(slices).toHaveLength(1);
    wheel.remove(timers[999] as WheelTimer);
    // What comes due meanwhile takes its turn behind them.
    await manual.advance(30);
    expect(slices).toHaveLength(2);
    for (let slice = slices.shift(); slice; slice = slices.shift()) slice();
    expect(fired).toEqual([...Array.from({ length: 999 }, (_, number) => number), 1_000]);
    expect([wheel.size, manual.pendingTimers]).toEqual([0, 0]);
  });

  it('keeps deadlines that lie many turns of the wheel ahead', async () => {
    const clock = new ManualClock();
    const wheel = new TimerWheel(clock);
    const fired: number[] = [];
    for (const delayMs of [2_560, 5_120, 300_000, 10])
      wheel.add(clock.now() + delayMs, () => fired.push(delayMs));
    await clock.advance(299_999);
    expect(fired).toEqual([10, 2_560, 5_120]);
    await clock.advance(1);
    expect(fired).toEqual([10, 2_560, 5_120, 300_000]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('forgets what was removed, also twice, also after it fired', async () => {
    const clock = new ManualClock();
    const wheel = new TimerWheel(clock);
    const fired: string[] = [];
    const removed = wheel.add(clock.now() + 10, () => fired.push('removed'));
    const kept = wheel.add(clock.now() + 10, () => fired.push('kept'));
    wheel.remove(removed);
    wheel.remove(removed);
    expect(wheel.size).toBe(1);
    await clock.advance(10);
    wheel.remove(kept);
    expect(fired).toEqual(['kept']);
    expect(wheel.size).toBe(0);
  });

  it('holds no timer of the clock while nothing waits', () => {
    const clock = new ManualClock();
    const wheel = new TimerWheel(clock, { keepAlive: true });
    expect(clock.pendingTimers).toBe(0);
    const timer = wheel.add(clock.now() + 10, () => undefined);
    wheel.add(clock.now() + 5, () => undefined);
    expect([clock.pendingTimers, clock.keepAliveTimers]).toEqual([1, 1]);
    wheel.remove(timer);
    expect(clock.pendingTimers).toBe(1);
  });

  it('lets a callback remove another that is due in the same tick', async () => {
    const clock = new ManualClock();
    const wheel = new TimerWheel(clock);
    const fired: string[] = [];
    let second: WheelTimer | undefined;
    wheel.add(clock.now() + 10, () => {
      fired.push('first');
      wheel.remove(second as WheelTimer);
    });
    second = wheel.add(clock.now() + 10, () => fired.push('second'));
    await clock.advance(100);
    expect(fired).toEqual(['first']);
    expect([wheel.size, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('keeps an earlier deadline when a callback adds a later one', async () => {
    const clock = new ManualClock();
    const wheel = new TimerWheel(clock);
    const fired: number[] = [];
    const note = (): void => void fired.push(clock.now() - 1_000_000);
    wheel.add(clock.now() + 10, () => wheel.add(clock.now() + 5_000, note));
    wheel.add(clock.now() + 20, note);
    await clock.advance(10_000);
    expect(fired).toEqual([20, 5_010]);
  });

  it('keeps the other deadlines when a callback throws', async () => {
    const clock = new ManualClock();
    const wheel = new TimerWheel(clock);
    const fired: string[] = [];
    wheel.add(clock.now() + 10, () => {
      throw new Error('somebody’s bug');
    });
    wheel.add(clock.now() + 10, () => fired.push('same tick'));
    wheel.add(clock.now() + 20, () => fired.push('later'));
    await expect(clock.advance(10)).rejects.toThrow('somebody’s bug');
    await clock.advance(10);
    expect(fired).toEqual(['same tick', 'later']);
  });
});

describe('a timer wheel whose clock fires late', () => {
  it('by up to 50 ms tells of no stall, and delivers what has arrived all the same', async () => {
    const clock = new ManualClock();
    const stalls: number[] = [];
    const wheel = new TimerWheel(clock, { onStall: (lateMs) => stalls.push(lateMs) });
    const heard: string[] = [];
    wheel.add(clock.now() + 10, () => heard.push('deadline'));
    await clock.stall(60, () => heard.push('answer'));
    expect(heard).toEqual(['answer', 'deadline']);
    expect(stalls).toEqual([]);
  });

  it('by more tells of it, lets the loop deliver what has arrived, and only then judges', async () => {
    const clock = new ManualClock();
    const stalls: number[] = [];
    const wheel = new TimerWheel(clock, { onStall: (lateMs) => stalls.push(lateMs) });
    const heard: string[] = [];
    const answered = wheel.add(clock.now() + 10, () => heard.push('never'));
    wheel.add(clock.now() + 10, () => heard.push('deadline'));
    await clock.stall(61, () => {
      heard.push('answer');
      wheel.remove(answered);
    });
    expect(heard).toEqual(['answer', 'deadline']);
    expect(stalls).toEqual([51]);
  });

  it('by many turns of the wheel fires all that is due', async () => {
    const clock = new ManualClock();
    const wheel = new TimerWheel(clock);
    let fired = 0;
    for (let each = 1; each <= 1_000; each += 1) wheel.add(clock.now() + each * 10, () => (fired += 1));
    await clock.stall(20_000);
    expect(fired).toBe(1_000);
    expect([wheel.size, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('that is late leaves no timer behind for a deadline that came and went before it could judge', async () => {
    const clock = new ManualClock();
    const wheel = new TimerWheel(clock, { keepAlive: true });
    wheel.add(clock.now() + 10, () => undefined);
    let brief: WheelTimer | undefined;
    await clock.stall(100, () => {
      brief = wheel.add(clock.now() + 30_000, () => undefined);
      wheel.remove(brief);
    });
    expect([wheel.size, clock.keepAliveTimers]).toEqual([0, 0]);
  });
});

describe('whatever is added, removed and waited for', () => {
  const step = fc.oneof(
    fc.record({
      what: fc.constant('add' as const),
      ms: fc.oneof(fc.integer({ min: -50, max: 200 }), fc.integer({ min: 0, max: 8_000 })),
    }),
    fc.record({ what: fc.constant('nest' as const), ms: fc.integer({ min: 0, max: 6_000 }) }),
    fc.record({ what: fc.constant('remove' as const), ms: fc.nat({ max: 30 }) }),
    fc.record({
      what: fc.constant('advance' as const),
      ms: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 4_000 })),
    }),
  );

  it('each deadline fires once, not early and at most 5 ms late, as a sorted list would have it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock = new ManualClock(1_000_000.25);
        const wheel = new TimerWheel(clock);
        const waiting = new Map<WheelTimer, number>();
        const add = (ms: number, then?: () => void): void => {
          // What was due when it was added cannot be kept earlier than now.
          const dueAt = clock.now() + Math.max(0, ms);
          const timer = wheel.add(clock.now() + ms, () => {
            expect(waiting.delete(timer), 'once').toBe(true);
            expect(clock.now()).toBeGreaterThanOrEqual(dueAt);
            expect(clock.now()).toBeLessThanOrEqual(dueAt + 5);
            then?.();
          });
          waiting.set(timer, dueAt);
        };
        for (const { what, ms } of steps) {
          if (what === 'add') add(ms);
          if (what === 'nest') add(ms, () => add(ms));
          if (what === 'advance') await clock.advance(ms);
          const timer = [...waiting.keys()][ms];
          if (what === 'remove' && timer !== undefined && waiting.delete(timer)) wheel.remove(timer);
          expect(wheel.size).toBe(waiting.size);
          for (const dueAt of waiting.values()) expect(clock.now()).toBeLessThanOrEqual(dueAt + 5);
        }
        await clock.advance(20_000);
        expect([wheel.size, waiting.size, clock.pendingTimers]).toEqual([0, 0, 0]);
      }),
    );
  });
});
