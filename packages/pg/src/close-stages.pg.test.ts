import { runSession } from '@lifeguard/core';
import Cursor from 'pg-cursor';
import { expect, test } from 'vitest';
import { rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';
import { TcpProxy } from '../test/tcp-proxy.ts';
import { WireLog } from '../test/wire-log.ts';
import type { ClientLease } from './client-lease.ts';
import type { LifeguardPoolOptions } from './pool-config.ts';

const db = usePostgres();
const HANGS = new Promise<never>(() => undefined);
const SERIES = 'select generate_series(1, 1000) as n';

/** Does `work` in a session that ends under it, and returns what was then sent to the server. */
async function sentAfter(
  work: (lease: ClientLease) => Promise<unknown>,
  options: LifeguardPoolOptions = {},
): Promise<string[]> {
  const log = new WireLog();
  await using proxy = new TcpProxy(db.url, log);
  await proxy.open();
  const pool = db.makePool({ connectionString: proxy.url, max: 1, ...options });
  await pool.query('select 1');
  const session = runSession({ timeoutMs: 250 }, () =>
    pool.use(async (lease) => {
      await work(lease).catch(() => undefined);
      await HANGS;
    }),
  );
  pool.on('revoke', () => log.clear());
  expect((await rejectionOf(session)).code).toBe('LG_SESSION_TIMEOUT');
  await until('it is closed', () => pool.snapshot().closing === 0 && pool.totalCount === 0);
  expect(pool.snapshot().lost).toBe(0);
  await pool.close();
  return log.sent;
}

const begun =
  (rest: (lease: ClientLease) => Promise<unknown>) =>
  async (lease: ClientLease): Promise<void> => {
    await lease.query('begin');
    await lease.query('select 1');
    await rest(lease);
  };

test.each([
  ['while nothing runs', () => HANGS],
  ['in the middle of a statement', (lease) => lease.query('select pg_sleep(60)')],
  [
    'with statements queued',
    (lease) => Promise.all([lease.query('select pg_sleep(60)'), lease.query('select 2')]),
  ],
  ['with a cursor open', (lease) => lease.query(new Cursor(SERIES)).read(1)],
  ['while a cursor is read', (lease) => lease.query(new Cursor(`${SERIES}, pg_sleep(60)`)).read(1)],
  ['when it has failed', (lease) => lease.query('select no_such_column')],
  ['in the middle of a COPY', (lease) => lease.query('create temp table c (n int); copy c from stdin')],
] as [string, (lease: ClientLease) => Promise<unknown>][])(
  'a transaction whose lease is taken back is rolled back, then the server is left: %s',
  async (_when, rest) => {
    const sent = await sentAfter(begun(rest));
    // `S` ends what a cursor has begun.
    expect(sent.filter((message) => message !== 'S')).toEqual(['rollback', 'X']);
  },
);

test('without a transaction there is nothing to roll back', async () => {
  expect(await sentAfter((lease) => lease.query('select pg_sleep(60)'))).toEqual(['X']);
});

test('the locks are free before the slot is', async () => {
  await db.sql('create table locked_by_lease (n int)');
  const pool = db.makePool({ max: 1 });
  for (let round = 0; round < 20; round += 1) {
    const holder = runSession({ timeoutMs: 60 }, () =>
      pool.use(async (lease) => {
        await lease.query('begin');
        await lease.query('lock table locked_by_lease');
        await lease.query('select pg_sleep(60)');
      }),
    );
    const over = rejectionOf(holder);
    await until('it holds the lock', () => pool.snapshot().used === 1);
    await pool.use((lease) => lease.query('begin; lock table locked_by_lease nowait; commit'));
    expect((await over).code).toBe('LG_SESSION_TIMEOUT');
  }
  expect(pool.snapshot().counters.revoked).toBe(20);
});

test('what a former holder sends while its connection is closed is refused', async () => {
  const pool = db.makePool({ max: 1 });
  const client = await pool.connect();
  await client.query('begin');
  const running = rejectionOf(client.query('select pg_sleep(60)'));
  await until('it runs', async () => (await db.backendsOf(pool)).some(({ state }) => state === 'active'));
  client.release(true);
  expect((await rejectionOf(client.query('select 1'))).code).toBe('LG_LEASE_RELEASED');
  expect((await running).code).toBe('57014');
});

test('a server that does not answer the rollback is left all the same, and counted as lost', async () => {
  await using proxy = new TcpProxy(db.url);
  await proxy.open();
  const pool = db.makePool({ connectionString: proxy.url, max: 1 });
  const lease = await pool.lease();
  await lease.query('begin');
  proxy.pause();
  const closed = pool.close({ drainMs: 0 });
  expect(await closed).toEqual({ draining: 1, revoked: 1, lost: 1 });
  await proxy.cut();
  await until('no backend is left', async () => (await db.backendsOf(pool)).length === 0);
});
