import type { LeakReport } from '@lifeguard/core';
import { actInside, drawInside } from './actions.ts';
import { judgeDeadlock } from './deadlock-rules.ts';
import { judgeReport } from './detector-rules.ts';
import type { World } from './world.ts';

const EVENTS = [
  'connect',
  'connect-failed',
  'acquire',
  'release',
  'close',
  'timeout',
  'shed',
  'leak',
  'returned-late',
  'nested',
  'deadlock',
  'revoke',
  'lost',
  'thaw',
  'stall',
] as const;

/** Listens to everything that a pool tells; now and then throws, or calls the pool from inside. */
export function listen(world: World): void {
  const actions = drawInside(world);
  for (const name of EVENTS) {
    world.pool.on(name, (payload) => {
      world.note(`on-${name}`);
      if (name === 'thaw') {
        world.thawToldAt = world.clock.now();
        world.isThawUntold = false;
      }
      if (name === 'leak') judgeReport(world, payload as LeakReport);
      if (name === 'deadlock') judgeDeadlock(world);
      if (world.draw.next() < world.faults.listenerActs) actInside(world, actions);
      if (world.draw.next() < world.faults.hookThrows) throw new Error('a listener threw');
      const rejects = world.draw.next() < world.faults.hookThrows;
      return rejects ? Promise.reject(new Error('a listener rejected')) : undefined;
    });
  }
}
