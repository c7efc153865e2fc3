import type { Call } from './calls.ts';
import type { World } from './world.ts';

/** How many wait, by what they may be given. */
export interface Waiting {
  readonly high: number;
  readonly ordinary: number;
}

export function countWaiting({ calls }: World): Waiting {
  let high = 0;
  let ordinary = 0;
  for (const call of calls.waiting) {
    if (call.lent !== undefined) continue;
    if (call.priority === 'high') high += 1;
    else ordinary += 1;
  }
  return { high, ordinary };
}

/** How many connections all but `high` may still be given. */
export function ordinaryLeft({ options, max, holds }: World): number {
  if (options.reserved === 0) return Infinity;
  let used = 0;
  for (const { call } of holds.open) if (call.priority !== 'high') used += 1;
  return Math.max(0, max - options.reserved - used);
}

/** How many of those who wait may be given a connection that is free. */
export function servable(world: World): number {
  const { high, ordinary } = countWaiting(world);
  return high + Math.min(ordinary, ordinaryLeft(world));
}

/** A lease is given: may it be one of those that are left for the others? */
export function judgeReserve(world: World, call: Call): void {
  const isReserved = call.priority !== 'high' && ordinaryLeft(world) === 0;
  world.judge.expect(!isReserved, 'I4', () => `${call.label} (${call.priority}) has a reserved connection`);
  if (call.priority === 'high' && ordinaryLeft(world) === 0) world.note('reserve-used', call.label);
}
