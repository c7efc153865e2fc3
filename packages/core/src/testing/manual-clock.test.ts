import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from './manual-clock.ts';

describe('a manual clock', () => {
  it('stands still until it is moved', async () => {
    const clock = new ManualClock(100);
    expect([clock.now(), clock.coarseNow()]).toEqual([100, 100]);
    const wallTime = clock.wallTime();
    await clock.advance(5);
    expect([clock.now(), clock.coarseNow(), clock.wallTime() - wallTime]).toEqual([105, 105, 5]);
  });

  it('fires timers in the order of their instants, each at its own, and those of one instant as they were set', async () => {
    const clock = new ManualClock(0);
    const fired: string[] = [];
    for (const [name, delayMs] of [
      ['c', 20],
      ['a', 10],
      ['b', 10],
      ['never', 31],
    ] as const) {
      clock.setTimer(delayMs, () => fired.push(`${name} at ${clock.now()}`));
    }
    await clock.advance(30);
    expect(fired).toEqual(['a at 10', 'b at 10', 'c at 20']);
    expect(clock.now()).toBe(30);
  });

  it('fires what a timer sets on the way, and not what it cancels', async () => {
    const clock = new ManualClock(0);
    const fired: string[] = [];
    const cancelled = clock.setTimer(15, () => fired.push('cancelled'));
    clock.setTimer(10, () => {
      cancelled.cancel();
      clock.setTimer(-1, () => fired.push(`at once, at ${clock.now()}`));
    });
    await clock.advance(20);
    expect(fired).toEqual(['at once, at 10']);
  });

  it('lets promises settle between two timers', async () => {
    const clock = new ManualClock(0);
    const heard: string[] = [];
    clock.setTimer(10, () => void Promise.resolve().then(() => heard.push('reaction')));
    clock.setTimer(10, () => heard.push('next timer'));
    await clock.advance(10);
    expect(heard).toEqual(['reaction', 'next timer']);
  });

  it('ends a turn before time moves', async () => {
    const clock = new ManualClock(0);
    const heard: string[] = [];
    const note = (what: string) => (): void => void heard.push(`${what} at ${clock.now()}`);
    clock.atTurnEnd(note('end of a turn that goes on'));
    await settle();
    clock.atTurnEnd(note('before an advance'));
    await clock.advance(5);
    clock.atTurnEnd(note('before a stall'));
    await clock.stall(5);
    expect(heard).toEqual([
      'end of a turn that goes on at 0',
      'before an advance at 0',
      'before a stall at 5',
    ]);
  });

  it('counts its timers, and those that keep a process alive', () => {
    const clock = new ManualClock();
    clock.setTimer(10, () => undefined);
    const busy = clock.setTimer(10, () => undefined, { keepAlive: true });
    expect([clock.pendingTimers, clock.keepAliveTimers]).toEqual([2, 1]);
    busy.cancel();
    expect([clock.pendingTimers, clock.keepAliveTimers]).toEqual([1, 0]);
  });

  it('that stalls fires all that is due late, then lets answers arrive, and only then judges', async () => {
    const clock = new ManualClock(0);
    const heard: string[] = [];
    clock.setTimer(10, () => {
      heard.push(`timer at ${clock.now()}`);
      clock.afterPendingIo(() => heard.push('judged'));
    });
    clock.setTimer(20, () => heard.push(`timer at ${clock.now()}`));
    await clock.stall(100, () => heard.push('answer'));
    expect(heard).toEqual(['timer at 100', 'timer at 100', 'answer', 'judged']);
    await clock.stall(1);
    expect(heard).toHaveLength(4);
  });
});
