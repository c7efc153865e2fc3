import type pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { countOf, otherClient, pidOf, viewWhere } from '../../test/looked-at.ts';
import { rejectionOf, until, usePostgres } from '../../test/pool-fixture.ts';
import { THIS_PROCESS, formatTag } from '../process-tag.ts';
import { factsOf } from './facts-of.ts';
import { readServerView } from './read-server-view.ts';
import type { ServerView } from './server-view.ts';
import { serverView } from './view-of-pool.ts';

const db = usePostgres();
const SECRET = 'LgCanary9viewLiteral';

beforeAll(async () => {
  await db.sql('create table orders (id int primary key, note text)');
  await db.sql(`insert into orders values (1, 'one'), (2, 'two')`);
});

function expectFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  expect(Object.isFrozen(value)).toBe(true);
  for (const each of Object.values(value)) expectFrozen(each);
}

test('a view of a quiet pool says what the server is, and who of all connections is ours', async () => {
  const pool = db.makePool({ max: 2 });
  await serverView(pool);
  await otherClient(db.url, 'billing');
  const view = await serverView(pool);
  const [settings] = await db.sql(
    `select current_setting('server_version') as version, current_setting('max_connections')::int as max,
      current_setting('superuser_reserved_connections')::int
        + coalesce(current_setting('reserved_connections', true), '0')::int as reserved, current_user as user`,
  );
  expect(view.server).toEqual({
    version: settings?.['version'],
    maxConnections: settings?.['max'],
    reserved: settings?.['reserved'],
    isStandby: false,
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    database: new URL(db.url).pathname.slice(1),
    user: settings?.['user'],
  });
  expect(view).toMatchObject({ schemaVersion: 1, behindPooler: false, instances: 1, missing: [] });
  expect(view).toMatchObject({ orphans: [], blocking: [], pooler: undefined });
  expect(view.counts.ours).toBe(1);
  expect(view.counts.others).toBe(view.counts.total - 1);
  expect(countOf(view, 'billing')).toMatchObject({
    database: new URL(db.url).pathname.slice(1),
    count: 1,
    idle: 1,
    active: 0,
  });
  expect(view.backends).toMatchObject([{ isOurs: true, isAsking: true, state: 'active', leaseId: 2 }]);
  expectFrozen(view);
  expect(JSON.parse(JSON.stringify(view))).toEqual(view);
  expect(factsOf(view)).toMatchObject({ ours: 1, instances: 1, orphans: 0, blocked: 0 });
});

test('our transaction that is blocked by somebody else is shown with who blocks it, and for how long', async () => {
  const pool = db.makePool({ max: 2 });
  const blocker = await otherClient(db.url, 'reports');
  await blocker.query(`begin; update orders set note = '${SECRET}' where id = 1`);
  await using lease = await pool.lease();
  await lease.query('begin');
  const blocked = lease.query(`update orders set note = $1 where id = 1`, [SECRET]);
  const view = await viewWhere(
    () => serverView(pool),
    ({ blocking }) => (blocking[0]?.waitedMs ?? 0) > 30,
  );
  expect(view.blocking).toEqual([
    {
      pid: lease.processID,
      isOurs: true,
      query: 'update orders set note = $1 where id = ?',
      waitedMs: expect.any(Number),
      lock: { type: 'transactionid', mode: 'ShareLock', relation: 'public.orders' },
      blockers: [
        {
          pid: pidOf(blocker),
          application: 'reports',
          state: 'idle in transaction',
          transactionAgeMs: expect.any(Number),
          query: expect.stringContaining('update orders set note = ? where id = ?'),
          isOurs: false,
        },
      ],
      blockersLeftOut: 0,
    },
  ]);
  expect(view.blocking[0]?.blockers[0]?.transactionAgeMs).toBeGreaterThan(30);
  const own = view.backends.find(({ pid }) => pid === lease.processID);
  expect(own).toMatchObject({
    state: 'active',
    waitEvent: 'Lock:transactionid',
    blockedBy: [pidOf(blocker)],
    leaseId: lease.id,
  });
  expect(factsOf(view).blocked).toBe(1);
  expect(JSON.stringify(view)).not.toContain(SECRET);
  await blocker.query('rollback');
  await blocked;
  await lease.query('rollback');
});

test('somebody else who waits for our lock is shown, and whoever waits for nobody is named first', async () => {
  const pool = db.makePool({ max: 2 });
  await using lease = await pool.lease();
  await lease.query('begin');
  await lease.query('lock table orders in share row exclusive mode');
  const [first, second] = [await otherClient(db.url, 'first'), await otherClient(db.url, 'second')];
  const firstWaits = first.query('begin; lock table orders; commit');
  await until('the first waits', async () => (await serverView(pool)).blocking.length === 1);
  const secondWaits = second.query('select * from orders');
  const view = await viewWhere(
    () => serverView(pool),
    ({ blocking }) => blocking.length === 2,
  );
  const of = (client: pg.Client): ServerView['blocking'][number] | undefined =>
    view.blocking.find(({ pid }) => pid === pidOf(client));
  expect(of(first)).toMatchObject({
    isOurs: false,
    lock: { type: 'relation', mode: 'AccessExclusiveLock', relation: 'public.orders' },
    blockers: [{ pid: lease.processID, isOurs: true, state: 'idle in transaction' }],
  });
  expect(of(second)).toMatchObject({ isOurs: false, blockers: [{ pid: pidOf(first), isOurs: false }] });
  expect(factsOf(view).blocked).toBe(0);
  await lease.query('rollback');
  await Promise.all([firstWaits, secondWaits]);
});

test('a transaction that idles is as old as it is, and its lease is named', async () => {
  const pool = db.makePool({ max: 2 });
  await using lease = await pool.lease();
  await lease.query('begin');
  await lease.query(`select '${SECRET}'`);
  const view = await viewWhere(
    () => serverView(pool),
    ({ backends }) => backends.some(({ inStateMs = 0, isAsking }) => !isAsking && inStateMs > 60),
  );
  const [oldest] = view.backends;
  expect(oldest).toMatchObject({ state: 'idle in transaction', query: 'select ?', leaseId: lease.id });
  expect(oldest?.waitEvent).toBe('Client:ClientRead');
  expect(oldest?.transactionAgeMs).toBeGreaterThan(60);
  expect(oldest?.transactionAgeMs).toBeGreaterThanOrEqual(oldest?.queryAgeMs ?? Infinity);
  const name = (pool.options as { application_name?: string }).application_name ?? '';
  expect(countOf(view, name)).toMatchObject({
    count: 2,
    active: 1,
    idleInTransaction: 1,
  });
  await lease.query('rollback');
});

test('what a dead process has left, and how many processes there are', async () => {
  const pool = db.makePool({ max: 1, application_name: 'shop' });
  const left = await otherClient(db.url, `shop ${formatTag({ ...THIS_PROCESS, boot: '00000000' })}`);
  await otherClient(
    db.url,
    `shop ${formatTag({ ...THIS_PROCESS, machine: '0000000000', boot: '00000000' })}`,
  );
  await otherClient(
    db.url,
    `other ${formatTag({ ...THIS_PROCESS, machine: '0000000001', boot: '00000000' })}`,
  );
  const view = await serverView(pool);
  expect(view.instances).toBe(3);
  expect(view.orphans).toHaveLength(3);
  expect(view.orphans.filter(({ verdict }) => verdict === 'dead').map(({ pid }) => pid)).toEqual([
    pidOf(left),
  ]);
  expect(factsOf(view)).toMatchObject({ instances: 3, orphans: 1, ours: 1 });
  expect(countOf(view, 'shop')?.count).toBe(3);
});

test('nothing stays behind in the connection that was asked, and no name of the application stands in for the catalog', async () => {
  const pool = db.makePool({ max: 1 });
  await pool.use((lease) => lease.query('create temp table pg_stat_activity (pid int)'));
  const view = await serverView(pool);
  expect(view.missing).toEqual([]);
  expect(view.counts.ours).toBe(1);
  const { rows } = await pool.query(
    `select current_setting('statement_timeout') as timeout, current_setting('search_path') as path`,
  );
  expect(rows).toEqual([{ timeout: '0', path: '"$user", public' }]);
  expect(pool.snapshot().counters.connected).toBe(1);
});

test('without the tag in its name only leased connections are known to be ours, and it says so', async () => {
  const pool = db.makePool({ max: 3, tagApplicationName: false });
  await using lease = await pool.lease();
  const view = await serverView(pool);
  expect(view.backends.map(({ leaseId }) => leaseId)).toContain(lease.id);
  expect(view.counts.ours).toBe(2);
  expect(view.missing).toEqual([expect.stringContaining('tagApplicationName')]);
});

test('a pool without a free connection says so soon', async () => {
  const pool = db.makePool({ max: 1 });
  await using _lease = await pool.lease();
  const error = await rejectionOf(serverView(pool, { timeoutMs: 100 }));
  expect(error.code).toMatch(/^LG_(?:ACQUIRE|SESSION)_TIMEOUT$/);
});

test('a console that cannot be reached is missing, and its password is not shown', async () => {
  const pool = db.makePool({ max: 1 });
  const adminUrl = 'postgres://stats:LgCanary9viewPassword@127.0.0.1:1/pgbouncer';
  const { missing, pooler } = await serverView(pool, { adminUrl });
  expect(pooler).toBeUndefined();
  expect(missing).toEqual([
    expect.stringMatching(/^pooler: its console was not read .*stats:\*\*\*@.*ECONNREFUSED/),
  ]);
  expect((await serverView(pool, { adminUrl: db.url })).missing).toEqual([
    expect.stringMatching(
      /^pooler: its console was not read \(unrecognized configuration parameter "pools"\)$/,
    ),
  ]);
});

test('a limit is never a piece of a statement', async () => {
  const sent: string[] = [];
  const query = (sql: string): Promise<{ rows: unknown[] }> => {
    sent.push(sql);
    return Promise.resolve({ rows: [] });
  };
  const statementTimeoutMs = '1; drop table orders' as unknown as number;
  expect((await rejectionOf(readServerView(query, { statementTimeoutMs }))).code).toBe('LG_INVALID_OPTION');
  expect(sent).toEqual([]);
});
