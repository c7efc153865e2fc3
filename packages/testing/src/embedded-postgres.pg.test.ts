import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import pg from 'pg';
import { expect, inject, test, vi } from 'vitest';
import { createDatabase } from './database.ts';
import { startPostgres } from './embedded-postgres.ts';
import { startReplica } from './replica.ts';

async function answer(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: unknown }>(sql);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a started server answers, and stopping it leaves no process and no directory', async () => {
  const server = await startPostgres({ maxConnections: 17, flags: ['-c', 'work_mem=3MB'] });
  try {
    expect(await answer(server.url, 'select version() as answer')).toMatch(/^PostgreSQL 18/);
    expect(await answer(server.url, `select current_setting('max_connections') as answer`)).toBe('17');
    expect(await answer(server.url, `select current_setting('work_mem') as answer`)).toBe('3MB');
    expect(existsSync(server.directory)).toBe(true);
  } finally {
    await server.stop();
  }
  expect(isAlive(server.pid)).toBe(false);
  expect(existsSync(server.directory)).toBe(false);
  await server.stop();
});

test('stopping does not wait for open sessions', async () => {
  const server = await startPostgres();
  const client = new pg.Client(server.url);
  client.on('error', () => {}); // Once for the server's farewell, once for the closed socket.
  const ended = new Promise<void>((resolve) => client.once('end', resolve));
  await client.connect();
  await server.stop();
  await ended;
  expect(isAlive(server.pid)).toBe(false);
});

test.each(['fast', 'immediate'] as const)('a restart keeps the port and the data (%s)', async (manner) => {
  await using server = await startPostgres();
  await answer(server.url, 'create table kept as select 7 as answer');
  await answer(server.url, 'checkpoint');
  const { pid, port } = server;
  await server.restart(manner);
  expect(isAlive(pid)).toBe(false);
  expect([server.port, server.pid === pid]).toEqual([port, false]);
  expect(await answer(server.url, 'select answer from kept')).toBe(7);
  await server.stop();
  await expect(server.restart()).rejects.toThrow(/has been stopped/);
});

test('a replica follows its primary until it is promoted', async () => {
  await using primary = await startPostgres({ authMethod: 'password' });
  await answer(primary.url, 'create table kept as select 7 as answer');
  await using replica = await startReplica(primary, { authMethod: 'password' });
  expect(await answer(replica.url, 'select pg_is_in_recovery() as answer')).toBe(true);
  await answer(primary.url, 'update kept set answer = 8');
  await vi.waitFor(async () => expect(await answer(replica.url, 'select answer from kept')).toBe(8));
  expect(await answer(replica.url, 'select pg_promote() as answer')).toBe(true);
  await answer(replica.url, 'update kept set answer = 9');
  expect(await answer(replica.url, 'select answer from kept')).toBe(9);
});

test('a server with a password turns away who does not know it', async () => {
  await using server = await startPostgres({ authMethod: 'password' });
  expect(await answer(server.url, 'select 1 as answer')).toBe(1);
  const stranger = new URL(server.url);
  stranger.password = 'guess';
  await expect(answer(stranger.href, 'select 1 as answer')).rejects.toThrow(/password authentication failed/);
});

test('a given port that is taken is an error that shows the server log', async () => {
  const occupant = createServer().listen(0, '127.0.0.1');
  await once(occupant, 'listening');
  const address = occupant.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  try {
    await expect(startPostgres({ port: address.port })).rejects.toThrow(/could not bind/);
  } finally {
    occupant.close();
  }
});

test.each([
  'process.exit(0)',
  `process.kill(process.pid, 'SIGTERM')`,
  `process.kill(process.pid, 'SIGKILL')`,
])('a process that ends by %s leaves no server and no directory', async (ending) => {
  const module = new URL('./embedded-postgres.ts', import.meta.url).href;
  const program = `const { startPostgres } = await import(${JSON.stringify(module)});
      const { pid, directory } = await startPostgres();
      process.stdout.write(JSON.stringify({ pid, directory }), () => { ${ending} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  await once(child, 'close');
  const { pid, directory } = JSON.parse(output) as {
    pid: number;
    directory: string;
  };
  await vi.waitFor(
    () =>
      expect({ server: isAlive(pid), directory: existsSync(directory) }).toEqual({
        server: false,
        directory: false,
      }),
    { timeout: 10_000 },
  );
});

test('a database of its own is separate from its siblings and gone when dropped', async () => {
  const url = inject('databaseUrl');
  const [one, two] = await Promise.all([createDatabase(url), createDatabase(url)]);
  const open = new pg.Client(one.url);
  open.on('error', () => {}); // Dropping ends it.
  await open.connect();
  await open.query('create table only_here ()');
  expect(await answer(two.url, `select to_regclass('only_here') as answer`)).toBeNull();
  await Promise.all([one.drop(), two.drop()]);
  await expect(answer(one.url, 'select 1 as answer')).rejects.toThrow(/does not exist/);
});
