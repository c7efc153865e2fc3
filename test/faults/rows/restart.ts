import process from 'node:process';
import { EVERY_ROUTE } from '../fault-row.ts';
import type { FaultRow } from '../fault-row.ts';

export const restartRows: readonly FaultRow[] = [
  {
    id: 'kill-backend',
    title: 'backend killed by SIGKILL: crash recovery',
    routes: EVERY_ROUTE,
    inject: async (world) => {
      const [pid] = await world.backends();
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      await world.serverReady();
    },
  },
  {
    id: 'restart-fast',
    title: 'server restarted (fast)',
    routes: EVERY_ROUTE,
    inject: (world) => world.server.restart('fast'),
  },
  {
    id: 'restart-immediate',
    title: 'server restarted (immediate)',
    routes: EVERY_ROUTE,
    inject: (world) => world.server.restart('immediate'),
  },
];
