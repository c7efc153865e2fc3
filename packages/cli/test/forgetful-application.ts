// An application on a real PostgreSQL that has leaked one connection of four, and whose idle ones are dead without anybody having
// been told, as behind a firewall that forgets. Prints where it can be asked, and its backends, as a JSON line.

import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { serveAdmin } from '@lifeguard/admin';
import { LifeguardPool } from '@lifeguard/pg';

const url = new URL(process.argv[2] ?? '');
const target = { port: Number(url.port || 5432), host: url.hostname };
const through: Socket[] = [];
const between = createServer((client) => {
  const server = connect(target);
  through.push(client, server);
  client.pipe(server);
  server.pipe(client);
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const)
    one.on('error', () => undefined).on('close', () => other.destroy());
}).listen(0, '127.0.0.1');
await new Promise((resolve) => between.once('listening', resolve));
url.hostname = '127.0.0.1';
url.port = String((between.address() as AddressInfo).port);

const pool = new LifeguardPool({
  connectionString: url.href,
  max: 4,
  pingAfterIdleMs: 0,
  pingTimeoutMs: 200,
  leakThresholdMs: 50,
  monitorIntervalMs: 20,
  logger: { warn: () => undefined, error: () => undefined },
});
const clients = await Promise.all([pool.connect(), pool.connect(), pool.connect(), pool.connect()]);
const backends: number[] = [];
for (const client of clients) backends.push(await backendOf(client));
const [leaked, ...idle] = clients;
await leaked?.query('begin');
for (const client of idle) client.release();
// Three times, since a pool that finds one dead trusts none that is as old.
for (let time = 0; time < 3; time += 1) {
  // From now on nothing arrives of what is sent, except that the connection is closed.
  for (const socket of through.splice(0)) socket.unpipe().resume();
  // One that has answered just now is not pinged.
  await setTimeout(20);
  backends.push(await backendOf(pool));
}

const admin = await serveAdmin({ pools: [pool], name: 'orders', allow: ['reclaim', 'evict'] });
console.log(JSON.stringify({ pid: process.pid, path: admin.path, backends }));
process.stdin.resume();

async function backendOf(client: Pick<LifeguardPool, 'query'>): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}
