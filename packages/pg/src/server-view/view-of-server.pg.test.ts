import process from 'node:process';
import { expect, test } from 'vitest';
import { HostileServer } from '../../test/hostile-server.ts';
import { countOf, otherClient, viewWhere } from '../../test/looked-at.ts';
import { rejectionOf, until, usePostgres } from '../../test/pool-fixture.ts';
import { serverViewOf } from './view-of-server.ts';

const db = usePostgres();
const SECRET = 'LgCanary9viewPassword';

test('without a pool those count as ours that any process opened through Lifeguard', async () => {
  const pool = db.makePool({ max: 1, application_name: 'shop' });
  await pool.query('select 1');
  await otherClient(db.url, 'billing');
  const view = await serverViewOf(db.url);
  expect(view.missing).toEqual([]);
  expect(view.counts.ours).toBe(1);
  expect(view.instances).toBe(1);
  expect(view.backends).toMatchObject([{ isOurs: true, isAsking: false, state: 'idle', leaseId: undefined }]);
  expect(view.backends[0]).toMatchObject({ transactionAgeMs: undefined, queryAgeMs: expect.any(Number) });
  expect(countOf(view, 'lifeguard server')).toBeUndefined();
  await pool.close();
  const without = await viewWhere(
    () => serverViewOf(db.url),
    ({ counts }) => counts.ours === 0,
  );
  expect(without.backends.map(({ applicationName }) => applicationName)).toContain('billing');
  expect(without.backends.every(({ isOurs }) => !isOurs)).toBe(true);
});

const viewersLeft = async (): Promise<number> =>
  (
    await db.sql(
      `select 1 from pg_stat_activity where datname = current_database() and application_name = 'lifeguard server'`,
    )
  ).length;

const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;

test('a view without a pool leaves no connection behind, and shows no password', async () => {
  const url = new URL(db.url);
  url.password = SECRET;
  const view = await serverViewOf(url.href);
  expect(JSON.stringify(view)).not.toContain(SECRET);
  await until('its connection is gone', async () => (await viewersLeft()) === 0);
});

test.each([
  [
    'a port that nobody listens on',
    'postgres://me:LgCanary9viewPassword@127.0.0.1:1/db',
    'LG_CONNECT_FAILED',
  ],
  ['what is no address', 'postgres://me:LgCanary9viewPassword@127.0.0.1:x/db', 'LG_INVALID_OPTION'],
  ['nothing', '', 'LG_INVALID_OPTION'],
])('%s is refused, clearly and without the password', async (_what, address, code) => {
  const error = await rejectionOf(serverViewOf(address));
  expect(error.code).toBe(code);
  expect(error.message).not.toContain('LgCanary9viewPassword');
  expect(error.message).toMatch(
    /cannot connect to postgres:\/\/me:\*\*\*@127\.0\.0\.1:1\/db|option "connectionString"/,
  );
});

test('a database that does not exist is refused, and the client ends', async () => {
  const url = new URL(db.url);
  url.pathname = '/no_such_database';
  const before = openSockets();
  const error = await rejectionOf(serverViewOf(url.href));
  expect(error.code).toBe('LG_CONNECT_FAILED');
  expect(error.message).toContain('there is no such database');
  await until('its socket is closed', () => openSockets() <= before);
});

test('a server that accepts and does not answer is given up in time', async () => {
  const server = await HostileServer.start();
  const address = `postgres://me@127.0.0.1:${server.port}/db`;
  server.hostility = { greeting: new Uint8Array() };
  const opening = await rejectionOf(serverViewOf(address, { connectTimeoutMs: 100 }));
  expect([opening.code, opening.message]).toEqual([
    'LG_CONNECT_TIMEOUT',
    expect.stringContaining('within 100ms'),
  ]);
  server.hostility = { answer: new Uint8Array() };
  const asking = await rejectionOf(serverViewOf(address, { timeoutMs: 100 }));
  expect([asking.code, asking.message]).toEqual([
    'LG_CONNECT_TIMEOUT',
    expect.stringContaining('did not answer within 100ms'),
  ]);
});

test.each([{ timeoutMs: 0 }, { timeoutMs: 1.5 }, { connectTimeoutMs: -1 }])(
  'a limit that is none is refused: %o',
  async (options) => {
    expect((await rejectionOf(serverViewOf(db.url, options))).code).toBe('LG_INVALID_OPTION');
  },
);
