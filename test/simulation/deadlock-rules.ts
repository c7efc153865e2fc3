import { TICK_MS } from './grants.ts';
import type { Hold } from './holds.ts';
import type { World } from './world.ts';

/** A pool says that it is deadlocked: every lease must be held by a block that waits for another one. */
export function judgeDeadlock(world: World): void {
  for (const hold of world.holds.open)
    world.judge.expect(
      isStuck(world, hold),
      'I24',
      () => `a deadlock, though l${hold.record.id} is not held up`,
    );
}

/** One that is there must be found at the next look. */
export function checkDeadlock(world: World): void {
  const { holds, max, clock, options, judge } = world;
  const isDeadlocked =
    !world.isSuspended &&
    !world.isClosing &&
    holds.open.size >= max &&
    [...holds.open].every((hold) => hold.connection.queries.length === 0 && isStuck(world, hold));
  if (!isDeadlocked) world.deadlockedSince = Infinity;
  world.deadlockedSince = Math.min(world.deadlockedSince, isDeadlocked ? clock.now() : Infinity);
  const lookMs = 2 * options.monitorIntervalMs + TICK_MS;
  const isLate = clock.now() > Math.max(world.deadlockedSince, world.stalledUntil) + lookMs;
  judge.expect(!isLate, 'I24', () => `a deadlock since ${world.deadlockedSince} that nobody sees`);
}

function isStuck(world: World, hold: Hold): boolean {
  for (const call of world.calls.waiting)
    if (call.lent === undefined && call.isAwaited && isInside(call.nestedIn, hold)) return true;
  return false;
}

/** Whether `hold` waits for what `innermost` waits for: through blocks that are awaited, all the way. */
function isInside(innermost: Hold | undefined, hold: Hold): boolean {
  for (let block = innermost; block !== undefined; ) {
    if (block === hold) return true;
    block = block.call.isAwaited ? block.call.nestedIn : undefined;
  }
  return false;
}
