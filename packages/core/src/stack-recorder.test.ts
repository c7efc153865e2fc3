import { afterEach, describe, expect, it } from 'vitest';
import { StackRecorder, readRecordedStack, takeStack } from './stack-recorder.ts';
import { ManualClock } from './testing/index.ts';

/** Reading the exact time costs `costMs`: what a stack would. */
class CostlyClock extends ManualClock {
  costMs = 1;
  #spent = 0;

  override now(): number {
    this.#spent += this.costMs / 2;
    return super.now() + this.#spent;
  }
}

const depthOf = (error: Error): number => (error.stack ?? '').split('\n').length - 1;

describe('the stacks of acquires', () => {
  const limit = Error.stackTraceLimit;
  const { prepareStackTrace } = Error;
  afterEach(() => {
    Error.stackTraceLimit = limit;
    Error.prepareStackTrace = prepareStackTrace;
  });

  it('name the caller', () => {
    const stack = new StackRecorder(new ManualClock()).record();
    expect(readRecordedStack(stack as Error).site?.file).toContain('stack-recorder.test.ts');
  });

  it('are as deep as was asked, whatever the limit of the application is, which stays', () => {
    Error.stackTraceLimit = 3;
    const recorder = new StackRecorder(new ManualClock(), { depth: 2 });
    expect(depthOf(recorder.record() as Error)).toBe(2);
    expect(Error.stackTraceLimit).toBe(3);
    Error.stackTraceLimit = 1;
    const nested = (levels: number): Error => (levels === 0 ? takeStack(16) : nested(levels - 1));
    expect(depthOf(nested(30))).toBe(16);
    expect(Error.stackTraceLimit).toBe(1);
  });

  it('are taken with the mode "always" without regard to their cost', () => {
    const clock = new CostlyClock();
    clock.costMs = 1_000;
    const recorder = new StackRecorder(clock, { mode: 'always' });
    for (let each = 0; each < 10; each += 1) expect(recorder.record()).toBeInstanceOf(Error);
    expect(recorder.missed).toBe(0);
  });

  it('are never taken with the mode "off", also not after an alert', () => {
    const recorder = new StackRecorder(new ManualClock(), { mode: 'off' });
    recorder.alert();
    expect(recorder.record()).toBeUndefined();
    expect(recorder.missed).toBe(0);
  });

  it('that somebody has taken already cost nothing, and are not kept with the mode "off"', () => {
    const known = new Error('elsewhere');
    expect(new StackRecorder(new ManualClock(), { budgetShare: 0 }).record(known)).toBe(known);
    expect(new StackRecorder(new ManualClock(), { mode: 'off' }).record(known)).toBeUndefined();
  });

  it('are taken until the budget is spent, and then counted as missed', () => {
    const clock = new CostlyClock();
    const recorder = new StackRecorder(clock, { budgetShare: 0.01 });
    // One second's worth of 1 % is 10 ms; each costs 1 ms as the clock measures it (half before, half after).
    clock.costMs = 2;
    const taken = Array.from({ length: 15 }, () => recorder.record()).filter((stack) => stack !== undefined);
    expect(taken).toHaveLength(10);
    expect(recorder.missed).toBe(5);
  });

  it('are charged what taking them is seen to cost, but at least 8 µs and at most a millisecond', () => {
    const taken = (costMs: number): number => {
      const clock = new CostlyClock();
      // Half of it is seen: the other half passes before the first look.
      clock.costMs = 2 * costMs;
      const recorder = new StackRecorder(clock, { budgetShare: 0.01 });
      for (let count = 0; ; count += 1) if (recorder.record() === undefined) return count;
    };
    expect([taken(0.1), taken(50)]).toEqual([100, 10]);
    expect(taken(0.001)).toBeCloseTo(1_250, -1);
  });

  it('are taken again when time has earned new budget, of which a second’s worth is kept at most', async () => {
    const clock = new CostlyClock();
    clock.costMs = 2;
    const recorder = new StackRecorder(clock, { budgetShare: 0.01 });
    const takeAll = (): number => {
      let taken = 0;
      while (recorder.record() !== undefined) taken += 1;
      return taken;
    };
    expect(takeAll()).toBe(10);
    await clock.advance(300);
    expect(takeAll()).toBe(3);
    await clock.advance(60_000);
    expect(takeAll()).toBe(10);
  });

  it('have five times the budget for a minute after an alert, and no more than that', async () => {
    const clock = new CostlyClock();
    clock.costMs = 2;
    const recorder = new StackRecorder(clock, { budgetShare: 0.01 });
    const takenAfter = async (ms: number): Promise<number> => {
      await clock.advance(ms);
      let taken = 0;
      while (recorder.record() !== undefined) taken += 1;
      return taken;
    };
    expect(await takenAfter(1_000)).toBe(10);
    recorder.alert();
    expect(await takenAfter(1_000)).toBe(50);
    expect(await takenAfter(58_000)).toBe(50);
    expect(await takenAfter(1_000)).toBe(50);
    expect(await takenAfter(1_000)).toBe(10);
  });

  it('that an application formats in its own way are read as nothing', () => {
    Error.prepareStackTrace = (_, sites) => sites;
    expect(readRecordedStack(takeStack(5)).frames).toEqual([]);
  });
});
