import type { Call } from './calls.ts';
import { TICK_MS } from './grants.ts';
import type { Hold } from './holds.ts';
import { ordinaryLeft } from './reserve.ts';
import type { World } from './world.ts';

/** A pool says that it is deadlocked: somebody must wait for what only those hold who themselves wait in vain. */
export function judgeDeadlock(world: World): void {
  world.judge.expect(
    waitInVain(world).size > 0,
    'I24',
    () => 'a deadlock, though everybody may yet be served',
  );
}

/** One that is there must be found at the next look. */
export function checkDeadlock(world: World): void {
  const { holds, clock, options, judge } = world;
  const mayBe =
    !world.isSuspended && !world.isClosing && [...world.calls.waiting].some(({ isAwaited }) => isAwaited);
  const inVain = mayBe ? waitInVain(world) : new Set<Call>();
  const isQuiet = ({ connection, call }: Hold): boolean =>
    connection.queries.length === 0 || (isShareTaken(world) && call.priority === 'high');
  const isDeadlocked = inVain.size > 0 && [...holds.open].every(isQuiet);
  if (!isDeadlocked) world.deadlockedSince = Infinity;
  world.deadlockedSince = Math.min(world.deadlockedSince, isDeadlocked ? clock.now() : Infinity);
  const lookMs = 2 * options.monitorIntervalMs + TICK_MS;
  const isLate = clock.now() > Math.max(world.deadlockedSince, world.stalledUntil) + lookMs;
  judge.expect(!isLate, 'I24', () => `a deadlock since ${world.deadlockedSince} that nobody sees`);
}

function isShareTaken(world: World): boolean {
  return ordinaryLeft(world) === 0;
}

/** Those who can be served only once another of them has been. */
function waitInVain(world: World): ReadonlySet<Call> {
  const { calls, holds, max } = world;
  const inVain = new Set([...calls.waiting].filter(({ lent }) => lent === undefined));
  const isFull = holds.open.size >= max;
  for (let before = Infinity; before > inVain.size; ) {
    before = inVain.size;
    const moving = [...holds.open].filter((hold) => !isStuck(inVain, hold));
    const isOrdinaryMoving = moving.some(({ call }) => call.priority !== 'high');
    for (const call of inVain) {
      const isHeldUp =
        call.priority !== 'high' && isShareTaken(world) ? !isOrdinaryMoving : isFull && moving.length === 0;
      if (!isHeldUp) inVain.delete(call);
    }
  }
  return inVain;
}

/** Whether the block that holds it waits for one of these. */
function isStuck(inVain: ReadonlySet<Call>, hold: Hold): boolean {
  for (const call of inVain) if (call.isAwaited && isInside(call.nestedIn, hold)) return true;
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
