import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { countOf, otherClient, pidOf, viewWhere } from '../../test/looked-at.ts';
import { usePostgres } from '../../test/pool-fixture.ts';
import { serverView } from './view-of-pool.ts';

const db = usePostgres();
const SECRET = 'LgCanary9viewLiteral';
const role = `viewer_${randomBytes(4).toString('hex')}`;

beforeAll(async () => {
  await db.sql('create table orders (id int primary key, note text)');
  await db.sql(`insert into orders values (1, 'one'), (2, 'two')`);
  await db.sql(`create role ${role} login password 'x'`);
});
afterAll(async () => {
  await db.sql(`drop owned by ${role}`);
  await db.sql(`drop role ${role}`);
});

function asRole(): string {
  const url = new URL(db.url);
  url.username = role;
  url.password = 'x';
  return url.href;
}

test('a user without privileges sees the counts and its own, and is told what is missing', async () => {
  const blocker = await otherClient(db.url, 'secretive');
  await db.sql(`grant select, update on orders to ${role}`);
  await blocker.query(`begin; update orders set note = '${SECRET}' where id = 2`);
  const alsoHidden = await otherClient(db.url, 'hidden');
  const hiddenWait = alsoHidden.query('update orders set note = note where id = 2');
  const pool = db.makePool({ max: 2, connectionString: asRole() });
  await using lease = await pool.lease();
  const blocked = lease.query('update orders set note = $1 where id = 2', [SECRET]);
  const view = await viewWhere(
    () => serverView(pool),
    ({ blocking }) => blocking.length === 2,
  );
  expect(view.counts.hidden).toBeGreaterThanOrEqual(2);
  expect(countOf(view, 'secretive')).toMatchObject({
    count: 1,
    active: 0,
    idleInTransaction: 0,
  });
  expect(view.blocking[0]).toMatchObject({ pid: lease.processID, isOurs: true });
  const shown = view.blocking.find(({ pid }) => pid === pidOf(alsoHidden));
  expect(shown).toMatchObject({ isOurs: false, query: undefined, lock: { type: 'transactionid' } });
  expect(shown?.blockers).toContainEqual({
    pid: pidOf(blocker),
    application: 'secretive',
    state: undefined,
    transactionAgeMs: undefined,
    query: undefined,
    isOurs: false,
  });
  expect(view.missing).toEqual([expect.stringMatching(/^activity: .*grant pg_monitor to viewer_/)]);
  expect(JSON.stringify(view)).not.toContain('insufficient privilege');
  await db.sql(`grant pg_monitor to ${role}`);
  expect((await serverView(pool)).missing).toEqual([]);
  await db.sql(`revoke pg_monitor from ${role}`);
  await blocker.query('rollback');
  await Promise.all([blocked, hiddenWait]);
  await db.sql(`revoke all on orders from ${role}`);
});

test('a part that is denied costs only itself', async () => {
  await db.sql('revoke execute on function pg_blocking_pids(int) from public');
  try {
    const pool = db.makePool({ max: 2, connectionString: asRole() });
    const blocker = await otherClient(asRole(), 'holder');
    await blocker.query('begin; select pg_advisory_xact_lock(7)');
    await using lease = await pool.lease();
    const blocked = lease.query('select pg_advisory_xact_lock(7)');
    const view = await viewWhere(
      () => serverView(pool),
      ({ missing }) => missing.some((each) => each.startsWith('blocking')),
    );
    expect(view.missing[0]).toMatch(
      /^blocking: not read \(permission denied for function pg_blocking_pids\)$/,
    );
    expect(view.blocking).toEqual([]);
    expect(view.backends.map(({ isOurs }) => isOurs)).toEqual([true, true]);
    expect(view.instances).toBe(1);
    await blocker.query('rollback');
    await blocked;
  } finally {
    await db.sql('grant execute on function pg_blocking_pids(int) to public');
  }
});
