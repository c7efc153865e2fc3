import { DIRECT } from '../fault-row.ts';
import type { FaultRow } from '../fault-row.ts';
import type { World } from '../world.ts';

const FAULT_MS = 1_000;
/** Attempts to connect in one second of outage: a storm, when there are more. */
const MAX_ATTEMPTS_A_SECOND = 15;

/** Ends all connections, lets the server refuse new ones, and counts how often that was tried. */
async function refuse(world: World, how: string): Promise<void> {
  await world.sql(how);
  const before = world.proxy.accepted;
  await world.terminateAll();
  await world.last(FAULT_MS);
  world.notes['connects a second'] = Math.round(
    (world.proxy.accepted - before) / world.patience / (FAULT_MS / 1_000),
  );
}

const judge: NonNullable<FaultRow['judge']> = ({ notes }) => {
  const attempts = Number(notes['connects a second']);
  return attempts <= MAX_ATTEMPTS_A_SECOND ? [] : [`${attempts} attempts to connect in a second`];
};

/** All connections end, and their address is not to be had. */
function nameServer(id: string, title: string, answer: 'nowhere' | 'silence'): FaultRow {
  return {
    id,
    title,
    routes: DIRECT,
    application: { host: 'database.test' },
    inject: async (world) => {
      await world.application.ask('resolve', answer);
      world.proxy.reset();
      await world.last(FAULT_MS);
    },
    heal: (world) => world.application.ask('resolve', 'right').catch(() => undefined),
  };
}

export const refusalRows: readonly FaultRow[] = [
  {
    id: 'too-many-connections',
    title: 'server has no connection left (53300)',
    routes: DIRECT,
    inject: (world) => refuse(world, `alter role ${world.database} connection limit 0`),
    heal: async (world) => void (await world.sql(`alter role ${world.database} connection limit -1`)),
    judge,
  },
  {
    id: 'wrong-password',
    title: 'password changed (28P01)',
    routes: DIRECT,
    inject: (world) => refuse(world, `alter role ${world.database} password 'another'`),
    heal: async (world) =>
      void (await world.sql(`alter role ${world.database} password '${world.database}'`)),
    judge,
  },
  {
    id: 'no-database',
    title: 'database gone (3D000)',
    routes: DIRECT,
    inject: async (world) => {
      await world.proxy.refuse();
      await world.terminateAll();
      await world.until('all backends are gone', async () => (await world.backends()).length === 0);
      await world.sql(`alter database ${world.database} rename to ${world.database}_away`);
      await world.proxy.open();
      await refuse(world, 'select 1');
    },
    heal: async (world) =>
      void (await world.sql(`alter database ${world.database}_away rename to ${world.database}`)),
    judge,
  },
  nameServer('no-name', 'host name does not resolve (ENOTFOUND)', 'nowhere'),
  nameServer('mute-name-server', 'name server does not answer', 'silence'),
];
