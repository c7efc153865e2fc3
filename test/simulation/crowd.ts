import type { AcquirePriority } from '@lifeguard/core';
import { TENANTS } from './plan.ts';
import type { Wish } from './wishes.ts';
import type { World } from './world.ts';

/** What all of one crowd have in common. */
interface Crowd {
  readonly holdMs: number;
  readonly everyMs: number;
  /** How many come in each wave, for some waves, then for others. */
  readonly sizes: readonly number[];
  readonly timeoutMs: number;
  readonly priorities: readonly AcquirePriority[];
  readonly tenants: readonly (string | undefined)[];
}

/** Waves of a crowd, and how many of them are alike. */
const WAVES = 36;
const ALIKE = 12;
/** How many come, in relation to what can be served meanwhile. */
const LOADS: readonly (readonly number[])[] = [[1], [2], [2, 0.5], [1.5, 0.5, 1], [0.8, 2]];

/** Quick callers, many at a time: more than can be served, for so long that no queue absorbs it, and then perhaps fewer. */
export function startCrowd(world: World): void {
  const { draw } = world;
  const [holdMs, everyMs] = [draw.pick([3, 4]), draw.pick([4, 6])];
  const sizeOf = (load: number): number => Math.max(1, Math.round((load * world.max * everyMs) / holdMs));
  const crowd: Crowd = {
    holdMs,
    everyMs,
    sizes: draw.pick(LOADS).map(sizeOf),
    timeoutMs: draw.pick([100, 400, 2_000]),
    priorities: draw.pick([['normal'], ['high', 'high', 'high', 'high', 'low'], ['high', 'normal', 'low']]),
    tenants: draw.pick([[undefined], [undefined, ...TENANTS], ['acme', 'acme', 'acme', 'bolt']]),
  };
  world.note('crowd', crowd.sizes.join());
  startWave(world, crowd, 0);
}

function startWave(world: World, crowd: Crowd, wave: number): void {
  const { sizes, everyMs } = crowd;
  const size = sizes[Math.floor(wave / ALIKE) % sizes.length] as number;
  for (let count = 0; count < size; count += 1) void passBy(world, crowd);
  if (wave + 1 < WAVES) world.agenda.wake('crowd', everyMs, () => startWave(world, crowd, wave + 1));
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
