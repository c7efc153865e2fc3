import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { startPostgres } from '@lifeguard/testing';
import { expect, test } from 'vitest';
import { rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';
import { TcpProxy } from '../test/tcp-proxy.ts';
import { PG_POOL_TEXT, REPORT } from './pg-pool-errors.ts';

const db = usePostgres();

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('an exhausted pool names the line that holds, under the message of pg-pool', async () => {
  const pool = db.makePool({ max: 1, connectionTimeoutMillis: 300 });
  const held = await pool.connect();
  const error = await rejectionOf(pool.connect());
  const report = (error as unknown as Record<symbol, string>)[REPORT];
  held.release();
  expect(error).toMatchObject({
    message: PG_POOL_TEXT.acquireTimeout,
    code: 'LG_ACQUIRE_TIMEOUT',
    pool: { used: 1, max: 1 },
  });
  expect((error as unknown as { holders: unknown[] }).holders).toMatchObject([
    { count: 1, site: { file: expect.stringMatching(/failures\.pg\.test\.ts$/) } },
  ]);
  for (const text of [report, error.stack]) {
    expect(text).toContain('1/1 used');
    expect(text).toMatch(/holders +1× .*failures\.pg\.test\.ts:\d+/);
  }
});

test('a lease says the same with our own message', async () => {
  const pool = db.makePool({ max: 1, name: 'orders' });
  await using _held = await pool.lease();
  const error = await rejectionOf(pool.lease({ timeoutMs: 50 }));
  expect(error.code).toBe('LG_ACQUIRE_TIMEOUT');
  expect(error.message).toMatch(/^no connection from pool "orders" within 50 ?ms/);
});

test('a refused connection is the error of the driver, and says why to a lease', async () => {
  const port = await unusedPort();
  const pool = db.makePool({
    connectionString: `postgres://nobody@127.0.0.1:${port}/none`,
    connectionTimeoutMillis: 100,
  });
  expect((await rejectionOf(pool.connect())).code).toBe('ECONNREFUSED');
  expect((await rejectionOf(pool.query('select 1'))).code).toBe('ECONNREFUSED');
  const error = await rejectionOf(pool.lease());
  expect(error).toMatchObject({ code: 'LG_CONNECT_FAILED', cause: { code: 'ECONNREFUSED' } });
  expect(error.message).toContain('no server listens there');
  expect(pool.totalCount).toBe(0);
});

test('a database that is not there is told at once, not at the deadline', async () => {
  const url = new URL(db.url);
  url.pathname = '/no_such_database';
  const pool = db.makePool({ connectionString: url.href, connectionTimeoutMillis: 60_000 });
  const error = await rejectionOf(pool.lease());
  expect(error).toMatchObject({ code: 'LG_CONNECT_FAILED', cause: { code: '3D000' } });
  expect((await rejectionOf(pool.connect())).code).toBe('3D000');
});

test('each caller of a failed connect has an error of its own, with the report above its own stack', async () => {
  const pool = db.makePool({
    connectionString: `postgres://127.0.0.1:${await unusedPort()}/db`,
    retryConnect: false,
  });
  const handlerA = async (): Promise<void> => {
    await pool.query('select 1');
  };
  const handlerB = async (): Promise<void> => {
    await pool.query('select 2');
  };
  const [a, b] = await Promise.all([rejectionOf(handlerA()), rejectionOf(handlerB())]);
  expect(a).not.toBe(b);
  expect(a).toMatchObject({ code: 'ECONNREFUSED', message: b.message });
  expect(a.stack).toContain('no server listens there');
  expect([a.stack?.includes('handlerA'), a.stack?.includes('handlerB')]).toEqual([true, false]);
  expect([b.stack?.includes('handlerA'), b.stack?.includes('handlerB')]).toEqual([false, true]);
});

test('a wrong password is told at once', async () => {
  await using server = await startPostgres({ authMethod: 'password' });
  const url = new URL(server.url);
  url.password = 'guess';
  const pool = db.makePool({ connectionString: url.href, connectionTimeoutMillis: 60_000 });
  const error = await rejectionOf(pool.lease());
  expect(error).toMatchObject({ code: 'LG_CONNECT_FAILED', cause: { code: '28P01' } });
  expect(error.message).toContain('the password is wrong');
  await pool.close();
});

test('a server without room is told apart from a full pool', async () => {
  const role = `limited_${randomBytes(4).toString('hex')}`;
  await db.sql(`create role ${role} login password 'x' connection limit 1`);
  try {
    const url = new URL(db.url);
    url.username = role;
    url.password = 'x';
    const pool = db.makePool({ connectionString: url.href, max: 2, connectionTimeoutMillis: 150 });
    await using _held = await pool.lease();
    const error = await rejectionOf(pool.lease());
    expect(error).toMatchObject({ code: 'LG_SERVER_REFUSED', cause: { code: '53300' } });
    expect((await rejectionOf(pool.connect())).code).toBe('53300');
    expect(pool.snapshot().used).toBe(1);
    await pool.close({ drainMs: 0 });
  } finally {
    await db.sql(`drop role ${role}`);
  }
});

test('callers wait through a restart of the server, and are served after it', async () => {
  await using proxy = new TcpProxy(db.url);
  await proxy.open();
  const pool = db.makePool({ connectionString: proxy.url, max: 3 });
  await Promise.all([1, 2, 3].map(() => pool.query('select 1')));
  await proxy.cut();
  await until('the pool has noticed', () => pool.totalCount === 0);
  const answers = Promise.all(Array.from({ length: 10 }, (_, n) => pool.query('select $1::int as n', [n])));
  await until('a connect has failed', () => pool.snapshot().lastConnectError !== undefined);
  await proxy.open();
  expect((await answers).map(({ rows }) => rows[0].n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(pool.snapshot()).toMatchObject({ pending: 0, used: 0, lastConnectError: undefined });
  await pool.close();
});

test('a caller whose time ends during an outage hears of the outage', async () => {
  await using proxy = new TcpProxy(db.url);
  await proxy.open();
  const pool = db.makePool({ connectionString: proxy.url });
  await pool.query('select 1');
  await proxy.cut();
  await until('the pool has noticed', () => pool.totalCount === 0);
  expect(await rejectionOf(pool.lease({ timeoutMs: 150 }))).toMatchObject({
    code: 'LG_CONNECT_FAILED',
    cause: { code: 'ECONNREFUSED' },
  });
});

test.each([
  ['by its own time', { connectionTimeoutMillis: 60 }],
  ['by the limit of a connect', { connectionTimeoutMillis: 150, connectTimeoutMs: 50 }],
  ['without a time of its own', { connectionTimeoutMillis: 0, connectTimeoutMs: 50 }],
])('a server that accepts and does not answer is told as a slow connect, %s', async (_limit, limits) => {
  const silent = createServer((socket) => socket.resume().on('error', () => undefined)).listen(
    0,
    '127.0.0.1',
  );
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const pool = db.makePool({ connectionString: `postgres://nobody@127.0.0.1:${port}/none`, ...limits });
  const errors = await Promise.all([rejectionOf(pool.connect()), rejectionOf(pool.connect())]);
  for (const error of errors) {
    expect(error).toMatchObject({ code: 'LG_CONNECT_TIMEOUT', message: PG_POOL_TEXT.connectTimeout });
    expect((error as unknown as Record<symbol, string>)[REPORT]).toContain('pool "main"');
  }
  await pool.close();
  silent.close();
  await once(silent, 'close');
});
