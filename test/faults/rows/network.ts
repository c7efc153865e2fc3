import { DIRECT, EVERY_ROUTE } from '../fault-row.ts';
import type { FaultRow } from '../fault-row.ts';
import { MAX } from '../world.ts';

export const networkRows: readonly FaultRow[] = [
  {
    id: 'reset',
    title: 'TCP reset of all connections, some running',
    routes: EVERY_ROUTE,
    inject: async (world) => {
      for (let n = 0; n < 3; n += 1) {
        world.proxy.reset();
        await world.last(150);
      }
    },
  },
  {
    id: 'reset-running',
    title: 'TCP reset of the clients alone, statements running',
    routes: EVERY_ROUTE,
    application: { load: false },
    inject: async (world) => {
      const running = `query like '%pg_sleep(8)%' and state = 'active'`;
      for (let n = 0; n < MAX; n += 1)
        void world.application.ask('query', 'select pg_sleep(8)', null).catch(() => undefined);
      await world.until('they run', async () => (await world.backends(running)).length === MAX);
      // The server is not told: what runs there goes on, unless somebody stops it.
      world.proxy.resetClients();
      const startedAt = performance.now();
      const end = await world
        .until('they have ended', async () => (await world.backends(running)).length === 0, 3_000)
        .catch(() => 'later');
      world.notes['statements ended after ms'] =
        end === 'later' ? 'more than 3000' : Math.round(performance.now() - startedAt);
    },
    heal: ({ proxy }) => proxy.light(),
  },
  {
    id: 'half-open',
    title: 'all connections go dark, some running; new ones work',
    routes: EVERY_ROUTE,
    inject: async (world) => {
      world.proxy.darken();
      await world.last(2_500);
    },
    heal: ({ proxy }) => proxy.light(),
  },
  {
    id: 'half-open-again',
    title: 'all connections go dark, and the next ones 3 s later',
    // Behind a pooler nobody can tell what is left of them on the server: there they take up to a minute.
    routes: DIRECT,
    inject: async (world) => {
      for (let n = 0; n < 2; n += 1) {
        world.proxy.darken();
        // Until those of the units that run are given up, and some more.
        await world.last(3_000);
      }
    },
    heal: ({ proxy }) => proxy.light(),
  },
  {
    id: 'refused',
    title: 'connections reset, new ones refused',
    routes: EVERY_ROUTE,
    inject: async (world) => {
      await world.proxy.refuse();
      world.proxy.reset();
      await world.last(1_000);
    },
    heal: ({ proxy }) => proxy.open(),
  },
  {
    id: 'pooler-restart',
    title: 'PgBouncer ended, and started again after 1 s',
    routes: ['pgbouncer'],
    inject: async (world) => world.restartPooler?.(1_000),
  },
  {
    id: 'mute',
    title: 'connections reset, new ones accepted and never answered',
    routes: EVERY_ROUTE,
    inject: async (world) => {
      world.proxy.greeting = 'mute';
      world.proxy.reset();
      await world.last(1_000);
    },
    // Those that it has left unanswered stay so.
    heal: ({ proxy }) => void (proxy.greeting = 'pass'),
  },
];
