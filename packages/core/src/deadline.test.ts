import { describe, expect, it } from 'vitest';
import { Deadline } from './deadline.ts';
import { ManualClock } from './testing/index.ts';

describe('a deadline', () => {
  it('says once that it has passed, and how much is left before', async () => {
    const clock = new ManualClock();
    let passed = 0;
    const deadline = new Deadline(clock, clock.now() + 100, () => (passed += 1));
    await clock.advance(60);
    expect([deadline.remainingMs, passed]).toEqual([40, 0]);
    await clock.advance(100);
    expect([deadline.remainingMs, passed]).toEqual([0, 1]);
    expect(deadline.signal.aborted).toBe(false);
  });

  it('without a limit sets no timer', () => {
    const clock = new ManualClock();
    const deadline = new Deadline(clock, Infinity, () => undefined);
    expect([deadline.remainingMs, clock.pendingTimers]).toEqual([Infinity, 0]);
    deadline[Symbol.dispose]();
  });

  it('that is aborted tells its signal the reason, and does not pass any more', async () => {
    const clock = new ManualClock();
    let passed = 0;
    const deadline = new Deadline(clock, clock.now() + 100, () => (passed += 1));
    const reason = new Error('cancelled');
    deadline.abort(reason);
    deadline.abort(new Error('again'));
    expect(deadline.signal.reason).toBe(reason);
    await clock.advance(200);
    expect([passed, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('that is disposed of passes without effect and keeps no process alive', async () => {
    const clock = new ManualClock();
    let passed = 0;
    {
      using deadline = new Deadline(clock, clock.now() + 100, () => (passed += 1));
      expect(deadline.remainingMs).toBe(100);
      expect([clock.pendingTimers, clock.keepAliveTimers]).toEqual([1, 0]);
    }
    await clock.advance(200);
    expect([passed, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('shares one timer with all others of its clock', () => {
    const clock = new ManualClock();
    const all = Array.from({ length: 100 }, () => new Deadline(clock, clock.now() + 100, () => undefined));
    expect(clock.pendingTimers).toBe(1);
    for (const deadline of all) deadline[Symbol.dispose]();
  });
});
