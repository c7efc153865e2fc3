import type { AcquirePriority } from '@lifeguard/core';
import { TENANTS } from './plan.ts';
import type { Wish } from './wishes.ts';
import type { World } from './world.ts';

/** What all of one crowd have in common. */
interface Crowd {
  readonly holdMs: number;
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly priorities: readonly AcquirePriority[];
  readonly tenants: readonly (string | undefined)[];
}

/** Waves of a crowd. Their size is what the pool can serve meanwhile, and more. */
const WAVES = 35;

/** Quick callers, many at a time: more than can be served, for so long that no queue absorbs it, or just about as many. */
export function startCrowd(world: World): void {
  const { draw } = world;
  const crowd: Crowd = {
    holdMs: draw.pick([2, 4]),
    everyMs: draw.pick([4, 6]),
    timeoutMs: draw.pick([100, 400, 2_000]),
    priorities: draw.pick([['normal'], ['high', 'high', 'high', 'high', 'low'], ['high', 'normal', 'low']]),
    tenants: draw.pick([[undefined], [undefined, ...TENANTS], ['acme', 'acme', 'acme', 'bolt']]),
  };
  const size = Math.max(2, Math.ceil((draw.pick([1, 1.5, 2]) * world.max * crowd.everyMs) / crowd.holdMs));
  world.note('crowd', `${size}`);
  startWave(world, crowd, size, WAVES);
}

function startWave(world: World, crowd: Crowd, size: number, left: number): void {
  for (let count = 0; count < size; count += 1) void passBy(world, crowd);
  if (left > 1) world.agenda.wake('crowd', crowd.everyMs, () => startWave(world, crowd, size, left - 1));
}

async function passBy(world: World, { holdMs, timeoutMs, priorities, tenants }: Crowd): Promise<void> {
  const { draw } = world;
  const priority = draw.pick(priorities);
  const tenant = draw.pick(tenants);
  const wish: Wish = {
    timeoutMs,
    ...(priority === 'normal' ? {} : { priority }),
    ...(tenant === undefined ? {} : { tenant }),
  };
  try {
    const hold = await world.acquire(wish);
    world.agenda.wake('crowd', holdMs, () => world.release(hold));
  } catch {
    // It has been judged; there are more of them.
  }
}
