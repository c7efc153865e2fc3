import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import type { Generated } from 'kysely';
import { expect, test } from 'vitest';
import { FakePool } from '../test-support/fake-pool.ts';
import { NodeSqliteDialect } from '../test-support/sqlite-dialect.ts';
import { lifeguard } from './attach.ts';
import { guardDialect } from './guard-dialect.ts';
import { LifeguardDialect } from './lifeguard-dialect.ts';

interface Database {
  person: { id: Generated<number>; name: string };
}

const QUIET = { warn: () => undefined, error: () => undefined };

async function setup() {
  const dialect = new NodeSqliteDialect({ pooled: true });
  const db = new Kysely<Database>({ dialect });
  await sql`create table person (id integer primary key, name text not null)`.execute(db);
  return { db, driver: dialect.driver };
}

test('names who holds a connection of an instance that was there before', async () => {
  const { db } = await setup();
  const guard = lifeguard(db, { name: 'old app', logger: QUIET, stacks: { mode: 'always' } });
  const trx = await db.startTransaction().execute();
  await trx.insertInto('person').values({ name: 'secret' }).execute();
  const [lease] = guard.leases();
  expect(lease).toMatchObject({
    transaction: 'open',
    queries: 2,
    lastQuery: 'insert into "person" ("name") values (?)',
  });
  expect(lease?.site?.file).toMatch(/attach\.test\.ts$/);
  expect(guard.describe()).toMatch(
    /"old app"[^]*cannot take connections back[^]*1 in use:\n +1× .*attach\.test\.ts:\d+/,
  );
  expect(guard.describe()).not.toContain('secret');
  await trx.commit().execute();
  expect(guard.leases()).toEqual([]);
  expect(guard.snapshot()).toMatchObject({ used: 0, counters: { acquired: 1 } });
});

test('says what it can do, and what not', async () => {
  const { db } = await setup();
  const guard = lifeguard(db);
  expect(guard.can).toEqual({
    tracksLeases: true,
    seesQueries: true,
    seesTransactions: 'as-sql',
    revokes: false,
    coversEarlierInstances: false,
    boundsAcquire: false,
  });
  expect(Object.isFrozen(guard.can)).toBe(true);
  expect(guard.revoke()).toBe(false);
});

test('covers what is derived later, and not what was derived before', async () => {
  const { db } = await setup();
  const earlier = db.withSchema('main');
  const guard = lifeguard(db);
  await earlier.selectFrom('person').selectAll().execute();
  expect(guard.snapshot().counters.acquired).toBe(0);
  await db.withSchema('main').withoutPlugins().selectFrom('person').selectAll().execute();
  await db.transaction().execute((trx) => trx.withSchema('main').selectFrom('person').selectAll().execute());
  for await (const _ of db.selectFrom('person').selectAll().stream()) expect.unreachable();
  expect(guard.snapshot().counters.acquired).toBe(3);
  expect(guard.leases()).toEqual([]);
});

test('a transaction that is begun as SQL is seen', async () => {
  const { db } = await setup();
  const guard = lifeguard(db);
  await db.connection().execute(async (bound) => {
    await sql`begin`.execute(bound);
    expect(guard.leases()[0]?.transaction).toBe('open');
    await sql`rollback`.execute(bound);
    expect(guard.leases()[0]?.transaction).toBe('none');
  });
});

test('reports what is held too long', async () => {
  const { db } = await setup();
  const guard = lifeguard(db, {
    leakThresholdMs: 20,
    monitorIntervalMs: 5,
    logger: QUIET,
    stacks: { mode: 'always' },
  });
  const reported = new Promise((resolve) => guard.watch.on('leak', resolve));
  const trx = await db.startTransaction().execute();
  expect(await reported).toMatchObject({ code: 'LG_LEAK_SUSPECTED', used: 1 });
  await trx.rollback().execute();
});

test('after detach nothing is watched, and what was borrowed before is followed to its end', async () => {
  const { db } = await setup();
  const own = Object.getOwnPropertyNames(db.getExecutor());
  const guard = lifeguard(db);
  const derived = db.withSchema('main');
  const trx = await db.startTransaction().execute();
  guard.detach();
  guard.detach();
  expect(Object.getOwnPropertyNames(db.getExecutor())).toEqual(own);
  expect(guard.leases()).toHaveLength(1);
  await derived.selectFrom('person').selectAll().execute();
  await trx.rollback().execute();
  expect(guard.snapshot()).toMatchObject({ used: 0, counters: { acquired: 1 } });
  lifeguard(db).detach();
});

test('refuses to attach twice, to a transaction, and where the dialect is guarded', async () => {
  const { db } = await setup();
  using _guard = lifeguard(db);
  const unsupported = expect.objectContaining({ code: 'LG_UNSUPPORTED' }) as Error;
  expect(() => lifeguard(db)).toThrow(unsupported);
  await db.transaction().execute(async (trx) => expect(() => lifeguard(trx)).toThrow(unsupported));
  expect(() => lifeguard(new Kysely({ dialect: guardDialect(new NodeSqliteDialect()) }))).toThrow(
    unsupported,
  );
  expect(() => lifeguard(new Kysely({ dialect: new LifeguardDialect({ pool: new FakePool() }) }))).toThrow(
    unsupported,
  );
});

test('gives back as many connections as it took, whatever fails', async () => {
  const { db, driver } = await setup();
  const guard = lifeguard(db);
  const mine = new Error('mine');
  await expect(db.transaction().execute(() => Promise.reject(mine))).rejects.toBe(mine);
  await expect(sql`select broken`.execute(db)).rejects.toThrow('broken');
  await Promise.all([sql`select 1`.execute(db), sql`select 2`.execute(db)]);
  await sleep(1);
  expect(driver.acquired).toBe(driver.released);
  expect(guard.leases()).toEqual([]);
});
