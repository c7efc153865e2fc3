import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectionInfo, startReplica } from '@lifeguard/testing';
import type { PostgresServer } from '@lifeguard/testing';
import { DIRECT } from '../fault-row.ts';
import type { FaultRow } from '../fault-row.ts';
import { programsOf } from '../named-server.ts';
import { Observer } from '../observer.ts';
import type { World } from '../world.ts';

const WRITE = 'insert into written values (1)';
const WRITES_WITHIN_MS = 5_000;

export const failoverRow: FaultRow = {
  id: 'failover',
  title: 'failover to a streaming replica; connections stay with the demoted primary (25006)',
  routes: DIRECT,
  ownServer: true,
  inject: async (world) => {
    await world.application.ask('query', 'create table written (n int)', null);
    const { server } = world;
    const replica = await startReplica(server, { authMethod: 'password', ...programsOf(world.serverName) });
    world.keep(replica);
    await demote(world, replica);
    // Now the load reads from a standby, on connections that will stay there.
    await world.until('writes are refused', async () => (await write(world)) === '25006', 5_000);
    world.proxy.targetPort = replica.port;
    world.notes['writes succeed after ms'] = await untilWritten(world);
    await world.moveTo(replica);
  },
  judge: ({ notes }) =>
    typeof notes['writes succeed after ms'] === 'number'
      ? []
      : ['writes were refused for 5 s after the failover'],
};

/** The primary comes back as a standby of its replica, which has all that was written. */
async function demote(world: World, replica: PostgresServer): Promise<void> {
  await world.sql(`alter system set primary_conninfo = '${connectionInfo(replica)}'`);
  await writeFile(join(world.server.directory, 'data', 'standby.signal'), '');
  await world.server.restart();
  await using observer = new Observer(replica.url);
  await observer.sql('select pg_promote()');
}

/** As Kysely and most code does: a statement that failed does not condemn its connection. */
async function write(world: World): Promise<string> {
  const codes = await world.application.ask('hold', [WRITE], 0).catch(() => ['the process died']);
  return codes[0] ?? 'none';
}

async function untilWritten(world: World): Promise<number | string> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < WRITES_WITHIN_MS) {
    const end = await write(world);
    if (end === 'ok') return Math.round(performance.now() - startedAt);
    if (end === 'the process died') return end;
    await delay(20);
  }
  return `not within ${WRITES_WITHIN_MS}`;
}
