import { FROZEN_MS } from './stalls.ts';
import type { World } from './world.ts';

/** Lets time pass, one event after the other; each is a step of its own. */
export async function advance(world: World, ms: number): Promise<void> {
  const { clock } = world;
  const until = clock.now() + ms;
  for (let next = clock.take(until); next !== undefined; next = clock.take(until)) {
    world.run(next);
    await world.settle();
  }
  clock.moveTo(until);
}

/**
 * A blocked event loop: nothing runs for a while; then every timer that is due fires, late, and only after them what has
 * arrived meanwhile is delivered.
 */
export async function stall(world: World, ms: number): Promise<void> {
  const { clock } = world;
  const from = clock.now();
  const until = from + ms;
  world.note('stall', `${ms}`);
  clock.moveTo(until);
  world.stalledUntil = until;
  world.stalls.push({ from, until });
  clock.loop.blocked(from, until);
  if (ms >= FROZEN_MS) {
    world.thawedAt = until;
    world.isThawUntold = true;
  }
  // What was above the base size for a moment in between is not seen.
  world.overflowSince = Infinity;
  for (const phase of ['timer', 'io'] as const) {
    world.isBeforeIo = phase === 'timer';
    for (let next = clock.take(until, phase); next !== undefined; next = clock.take(until, phase)) {
      world.run(next);
      await world.quiet();
    }
  }
  await world.settle();
}
