import { describe, expect, it } from 'vitest';
import { ControlledPolicy, FIFO } from './queue-policy.ts';
import type { WaitLimits } from './queue-policy.ts';

/** A controlled queue that has seen many leases of 20 ms. */
function experienced(): ControlledPolicy {
  const policy = new ControlledPolicy(1_000);
  for (let each = 0; each < 500; each += 1) policy.released(20);
  return policy;
}

const limits = (more: Partial<WaitLimits> = {}): WaitLimits => ({
  enqueuedAt: 1_000,
  deadlineAt: 1_500,
  sessionEndsAt: Infinity,
  ...more,
});

describe('first come, first served', () => {
  it('knows no order but that, no limit but the deadline, and nothing of the load', () => {
    expect(FIFO.takesNewest(1e9)).toBe(false);
    expect([FIFO.giveUpAt(limits({ sessionEndsAt: 1_100 })), FIFO.hastenAt(limits())]).toEqual([
      1_500,
      Infinity,
    ]);
    FIFO.arrived(0);
    FIFO.joined(500);
    FIFO.left(500);
    FIFO.served(0);
    FIFO.emptied(0);
    FIFO.released(20);
    expect([FIFO.isLearning, FIFO.places, FIFO.load]).toEqual([
      false,
      Infinity,
      { arrivalsPerSecond: 0, servedPerSecond: 0, holdMs: 0 },
    ]);
  });
});

describe('a controlled queue', () => {
  it('takes the newest when the first has waited for longer than two leases', () => {
    const policy = experienced();
    expect([policy.takesNewest(39), policy.takesNewest(42)]).toEqual([false, true]);
  });

  it('is first come, first served as long as nothing is known', () => {
    const policy = new ControlledPolicy(1_000);
    expect(policy.takesNewest(1e9)).toBe(false);
    expect(policy.giveUpAt(limits({ sessionEndsAt: 1_300 }))).toBe(1_295);
  });

  it('gives up when what is left of the session is too short for a lease', () => {
    const policy = experienced();
    expect(policy.giveUpAt(limits())).toBe(1_500);
    expect(policy.giveUpAt(limits({ sessionEndsAt: 1_400 }))).toBeCloseTo(1_375, 0);
    expect(policy.giveUpAt(limits({ sessionEndsAt: 9_000 }))).toBe(1_500);
  });

  it('gives up on nobody before half of its session, though leases may take longer', () => {
    const policy = new ControlledPolicy(1_000);
    for (let each = 0; each < 500; each += 1) policy.released(each % 10 === 0 ? 9_000 : 10);
    expect(policy.giveUpAt(limits({ sessionEndsAt: 1_400 }))).toBe(1_200);
  });

  it('puts a caller in front two leases before it would be too late, but not in the first half of its time', () => {
    const policy = experienced();
    expect(policy.hastenAt(limits())).toBeCloseTo(1_455, 0);
    expect(policy.hastenAt(limits({ deadlineAt: 1_040 }))).toBe(1_020);
  });

  it('passes nobody over for longer than 30 seconds, also who names no limit', () => {
    const at = experienced().hastenAt(limits({ deadlineAt: Infinity }));
    expect(at).toBeGreaterThan(30_900);
    expect(at).toBeLessThan(31_000);
  });

  it('has as many places as its overload leaves, and says what it knows of the load', () => {
    const policy = experienced();
    for (let now = 0; now < 3_000; now += 1) {
      policy.arrived(now);
      if (now % 2 === 0) policy.served(now);
    }
    expect(policy.places).toBeLessThan(10);
    expect(policy.load.arrivalsPerSecond / policy.load.servedPerSecond).toBeCloseTo(2, 1);
    expect(policy.load.holdMs).toBeCloseTo(20);
    policy.emptied(3_000);
    policy.arrived(9_000);
    expect(policy.places).toBe(Infinity);
  });

  it('has no more places than it can serve in the time that callers have, as soon as it knows how many that are', () => {
    const policy = new ControlledPolicy(1_000);
    for (let now = 0; now < 240; now += 1) {
      policy.arrived(now);
      policy.joined(500);
    }
    expect(policy.places).toBe(Infinity);
    for (let now = 240; now < 300; now += 2) {
      policy.arrived(now);
      policy.served(now);
    }
    // About a hundred a second, for half a second.
    expect(policy.places).toBeGreaterThan(35);
    expect(policy.places).toBeLessThan(65);
    // Some that have all the time in the world are no reason to refuse others.
    for (let each = 0; each < 240; each += 1) policy.joined(Infinity);
    expect(policy.places).toBeGreaterThan(1_000);
    for (let each = 0; each < 240; each += 1) policy.left(Infinity);
    expect(policy.places).toBeLessThan(65);
    for (let each = 0; each < 240; each += 1) policy.left(500);
    expect(policy.places).toBe(Infinity);
    const patient = new ControlledPolicy(1_000);
    patient.joined(Infinity);
    for (let now = 0; now < 300; now += 1) {
      patient.arrived(now);
      if (now % 2 === 0) patient.served(now);
    }
    // Who names no limit counts as one that waits for thirty seconds.
    expect(patient.places).toBeCloseTo(15_000, -3);
  });
});
