import { advance } from './time.ts';
import { NO_FAULTS } from './plan.ts';
import { checkAccounts } from './rules.ts';
import type { World } from './world.ts';

/** Longer than any pause, limit or life in the drawn options, together. */
const HEALING_MS = 4_000;

/** The faults stop: everybody must be served or turned away, all capacity must come back, and the pool must close. */
export async function heal(world: World): Promise<void> {
  world.note('heal');
  world.faults = NO_FAULTS;
  world.isDown = false;
  world.isSuspended = false;
  world.pool.resume();
  await world.settle();
  await drain(world, HEALING_MS);
  if (!world.isClosing) await takeAll(world);
  const isFirst = !world.isClosing;
  // Some have let go by now, some do so while the pool waits for them, and some never.
  world.close(world.draw.pick([0, 60, 300]));
  await world.settle();
  await advance(world, 30);
  letSomeGo(world);
  await world.settle();
  if (!isFirst) await drain(world, HEALING_MS);
  await advance(world, HEALING_MS);
  judgeEnd(world);
}

/** Every holder lets go in the end, and everybody who waits is served in the end. */
async function drain(world: World, forMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < forMs; passedMs += 200) {
    await advance(world, 200);
    for (const hold of [...world.holds.open]) if (hold.lease !== undefined) world.release(hold);
    await world.settle();
  }
  const { judge, calls, holds } = world;
  judge.expect(calls.waiting.size === 0, 'liveness', () => `${calls.waiting.size} still wait`);
  judge.expect(holds.open.size === 0, 'liveness', () => `${holds.open.size} leases do not end`);
  judge.verdict();
}

async function takeAll(world: World): Promise<void> {
  const { max, judge, holds, options } = world;
  const wishes = Array.from({ length: max }, (_, index) => ({
    timeoutMs: 300,
    leakThresholdMs: Infinity,
    ...(index < max - options.reserved ? {} : { priority: 'high' as const }),
  }));
  for (const wish of wishes) void world.acquire(wish).catch(() => undefined);
  await world.settle();
  await advance(world, 150);
  const got = holds.open.size;
  judge.expect(got === max || world.isClosing, 'liveness', () => `${got} of ${max} connections came back`);
  judge.verdict();
  letSomeGo(world);
  await world.settle();
}

function letSomeGo(world: World): void {
  for (const hold of [...world.holds.open])
    if (hold.lease !== undefined && world.draw.chance(0.5)) world.release(hold);
}

/** After close: nothing may be left, and all must be accounted for. */
export function judgeEnd(world: World): void {
  const { judge, pool, closeReport, closing, server, clock } = world;
  const { used, idle, connecting, resetting, closing: ending, lost, pending } = pool.counts();
  const left = used + idle + connecting + resetting + ending + lost + pending;
  judge.expect(left === 0, 'liveness', () => `left after close: ${JSON.stringify(pool.counts())}`);
  judge.expect(closeReport !== undefined, 'I13', () => 'close() did not resolve');
  const { draining = NaN } = closeReport ?? {};
  const least = closing?.draining ?? NaN;
  judge.expect(
    draining >= least && draining <= least + (closing?.releasing ?? 0),
    'I13',
    () => `${draining} drained, not ${least}`,
  );
  const kept = server.connections.filter((each) => each.isKept).length;
  judge.expect(kept === 0, 'I12', () => `${kept} connections are open after close`);
  judge.expect(clock.keepAliveTimers === 0, 'I13', () => 'the process is kept alive after close');
  checkAccounts(world);
  const { connected, closed } = pool.snapshot().counters;
  judge.expect(connected === closed, 'I23', () => `${connected} connected, and ${closed} closed`);
  judge.verdict();
}
