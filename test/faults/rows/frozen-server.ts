import process from 'node:process';
import { EVERY_ROUTE } from '../fault-row.ts';
import type { FaultRow } from '../fault-row.ts';
import type { World } from '../world.ts';

/** Of each run, since several servers are tried side by side. */
const stopped = new WeakMap<World, readonly number[]>();

export const frozenServerRow: FaultRow = {
  id: 'frozen-server',
  title: 'whole server stopped (SIGSTOP), then continued',
  routes: EVERY_ROUTE,
  inject: async (world) => {
    const own = await world.sql('select pg_backend_pid() as pid');
    // First who makes new ones.
    process.kill(world.server.pid, 'SIGSTOP');
    const all = (await world.sql('select pid from pg_stat_activity')).map(({ pid }) => pid as number);
    const isLast = own[0]?.['pid'];
    const pids = [...all.filter((pid) => pid !== isLast), isLast as number, world.server.pid];
    stopped.set(world, pids);
    for (const pid of pids) kill(pid, 'SIGSTOP');
    // Longer than any limit of the application.
    await world.last(2_800);
  },
  heal: (world) => {
    for (const pid of stopped.get(world) ?? []) kill(pid, 'SIGCONT');
  },
};

/** A backend may have ended meanwhile. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // See above.
  }
}
