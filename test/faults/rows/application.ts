import { DIRECT, EVERY_ROUTE } from '../fault-row.ts';
import type { FaultRow } from '../fault-row.ts';
import { ACQUIRE_TIMEOUT_MS, MAX } from '../world.ts';

const CROWD = 10_000;

export const applicationRows: readonly FaultRow[] = [
  {
    id: 'query-timeout',
    title: '`query_timeout` of pg while the statement runs on',
    routes: EVERY_ROUTE,
    inject: async (world) => {
      const until = Date.now() + 1_200 * world.patience;
      const one = async (): Promise<void> => {
        while (Date.now() < until)
          await world.application.ask('query', 'select pg_sleep(1.5)', 150).catch(() => undefined);
      };
      await Promise.all([one(), one(), one(), one()]);
    },
  },
  {
    id: 'stalled-loop',
    title: 'event loop blocked for 3 s, answers waiting',
    routes: EVERY_ROUTE,
    // All of which are over when it goes on.
    application: { load: false, acquireTimeoutMs: 1_000, unitTimeoutMs: 1_000 },
    inject: async (world) => {
      const ends = await world.application.ask('stall', 3_000);
      const answered = (some: readonly string[]): number => some.filter((end) => end === 'ok').length;
      world.notes['statements in flight answered'] = answered(ends.slice(0, MAX));
      // Whose own limit was over as well: they may be served, or turned away.
      world.notes['statements in the queue answered'] = answered(ends.slice(MAX));
    },
    judge: ({ notes }) =>
      notes['statements in flight answered'] === MAX ? [] : ['answers that had arrived were not delivered'],
  },
  {
    id: 'crowd-served',
    title: '10,000 waiters, served',
    routes: DIRECT,
    application: { load: false, acquireTimeoutMs: 15_000 },
    inject: async (world) => {
      const seen = await world.application.ask('crowd', CROWD, 300, 15_000);
      world.notes['served'] = seen.served;
      world.notes['longest stall ms'] = Math.round(seen.longestStallMs);
      world.notes['took ms'] = Math.round(seen.tookMs);
    },
    judge: ({ notes }) => (notes['served'] === CROWD ? [] : [`${notes['served']} of ${CROWD} were served`]),
  },
  {
    id: 'crowd-refused',
    title: '10,000 waiters, all of whom time out',
    routes: DIRECT,
    // Without the load: here is only who waits for what never comes.
    application: { load: false },
    inject: async (world) => {
      const seen = await world.application.ask('crowd', CROWD, ACQUIRE_TIMEOUT_MS + 10_000, 0);
      world.notes['refused'] = seen.refused;
      world.notes['longest stall ms'] = Math.round(seen.longestStallMs);
    },
    judge: ({ notes }) =>
      notes['refused'] === CROWD ? [] : [`${notes['refused']} of ${CROWD} were turned away`],
  },
  {
    id: 'hook-hangs',
    title: 'connect hook that hangs',
    routes: DIRECT,
    inject: async (world) => {
      await world.application.ask('hook', 'hang');
      await world.terminate('idle', 1);
      world.proxy.reset();
      await world.last(1_000);
    },
    heal: (world) => world.application.ask('hook', 'nothing').catch(() => undefined),
  },
  {
    id: 'hook-throws',
    title: 'connect hook that throws',
    routes: DIRECT,
    inject: async (world) => {
      await world.application.ask('hook', 'throw');
      world.proxy.reset();
      await world.last(1_000);
    },
    heal: (world) => world.application.ask('hook', 'nothing').catch(() => undefined),
  },
  {
    id: 'listeners-throw',
    title: 'listeners of every event throw',
    routes: DIRECT,
    application: { listenersThrow: true },
    inject: async (world) => {
      await world.terminate('idle', 2);
      await world.last(300);
    },
  },
  {
    id: 'end-sigterm',
    title: 'SIGTERM: the pool is closed while a connection is leaked',
    routes: EVERY_ROUTE,
    isEnd: true,
    inject: async (world) => {
      await world.application.ask('leak');
      const startedAt = performance.now();
      world.application.kill('SIGTERM');
      const isOver = world.application.ended.then(() => true);
      const limit = new Promise<boolean>((resolve) => setTimeout(resolve, 5_000, false).unref());
      const tookMs = (await Promise.race([isOver, limit])) ? performance.now() - startedAt : undefined;
      world.notes['ended after ms'] = tookMs === undefined ? 'never' : Math.round(tookMs);
      world.notes['exit'] = String(world.application.ending?.code ?? world.application.ending?.signal);
    },
    judge: ({ notes }) => (notes['exit'] === '0' ? [] : [`it ended with ${notes['exit']}`]),
  },
  endRow('end-exit', '`process.exit` with statements running', (world) =>
    world.application.ask('exit').catch(() => undefined),
  ),
  endRow('end-sigkill', 'SIGKILL with statements running', (world) => world.application.kill('SIGKILL')),
];

/** Its statements must not run on for long: `connectionCheckMs` is 1 s. */
function endRow(
  id: string,
  title: string,
  end: (world: Parameters<FaultRow['inject']>[0]) => unknown,
): FaultRow {
  return {
    id,
    title,
    routes: DIRECT,
    isEnd: true,
    inject: async (world) => {
      for (let n = 0; n < MAX - 2; n += 1)
        void world.application.ask('query', 'select pg_sleep(30)', null).catch(() => undefined);
      await world.until(
        'they run',
        async () => (await world.backends(`query like '%pg_sleep(30)%'`)).length > 0,
      );
      const startedAt = performance.now();
      await end(world);
      await world.application.ended;
      const limitMs = 3_000;
      while ((await world.backends()).length > 0 && performance.now() - startedAt < limitMs);
      const left = (await world.backends()).length;
      world.notes['backends ended after ms'] =
        left === 0 ? Math.round(performance.now() - startedAt) : `not within ${limitMs}`;
      await world.terminateAll();
    },
    judge: ({ notes }) =>
      typeof notes['backends ended after ms'] === 'number' ? [] : ['backends outlived the process by 3 s'],
  };
}
