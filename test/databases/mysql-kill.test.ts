// What `cancel: 'kill query'` does at a deadline, on the server.

import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { guardDialect, managedSession, managedTransaction, openSession } from '@lifeguard/kysely';
import { describeWith } from '../support/describe-with.ts';
import { until } from '../support/until.ts';
import { mysqlWorld, slowControl } from './mysql-world.ts';
import type { Database, MysqlWorld } from './mysql-world.ts';

const TIMEOUT = { code: 'LG_SESSION_TIMEOUT' };
const KILL = { cancel: 'kill query' } as const;
/** Races of one query with the deadline of its session. */
const RACES = Number(process.env['LG_CANCELS'] ?? 300);

const add = (db: Kysely<Database>, name: string) => db.insertInto('person').values({ name }).execute();
const sleepLong = (db: Kysely<Database>) => sql`select sleep(20)`.execute(db);
const never = () => new Promise<never>(() => undefined);

describeWith('mariadb', 'MySQL with KILL QUERY', () => {
  let world: MysqlWorld;
  beforeAll(async () => {
    world = await mysqlWorld();
  });
  afterAll(() => world.stop());
  beforeEach(() => world.clear());

  const nothingRuns = () =>
    until('the server has ended it', async () => (await world.running()).length === 0, 1_000);

  test('a query of a session ends on the server within a second, and its connection serves on', async () => {
    await using rig = world.rig(KILL, { connectionLimit: 1 });
    await expect(managedSession(rig.db, { timeoutMs: 60 }, sleepLong)).rejects.toMatchObject(TIMEOUT);
    await nothingRuns();
    await until('the connection is given back', () => rig.watch.tracker.used === 0);
    await add(rig.db, 'next');
    expect(rig.threads.size).toBe(1);
  });

  test('so does one of a transaction, which is rolled back', async () => {
    await using rig = world.rig(KILL, { connectionLimit: 1 });
    const work = managedTransaction(rig.db, { timeoutMs: 60 }, async (trx) => {
      await add(trx, 'mine');
      await sleepLong(trx);
    });
    await expect(work).rejects.toMatchObject(TIMEOUT);
    await nothingRuns();
    await add(rig.db, 'next');
    expect(await world.names()).toEqual(['next']);
    expect(await world.transactions()).toBe(0);
    expect(rig.threads.size).toBe(1);
  });

  test('one that waits for a lock ends as well, and lets go of the locks it has', async () => {
    await using rig = world.rig(KILL);
    await add(rig.db, 'Ada');
    const holder = await rig.db.startTransaction().execute();
    const rename = (db: Kysely<Database>, name: string) => db.updateTable('person').set({ name }).execute();
    await rename(holder, 'held');
    const work = managedTransaction(rig.db, { timeoutMs: 80 }, (trx) => rename(trx, 'mine'));
    await expect(work).rejects.toMatchObject(TIMEOUT);
    await nothingRuns();
    await holder.rollback().execute();
    expect(await world.names()).toEqual(['Ada']);
  });

  test('a nested block that is cut off does not wait for its query; the block around goes on', async () => {
    await using rig = world.rig(KILL);
    await managedTransaction(rig.db, { timeoutMs: 10_000 }, async (trx) => {
      await add(trx, 'one');
      const inner = managedTransaction(trx, { timeoutMs: 60 }, async (nested) => {
        await add(nested, 'two');
        await sleepLong(nested);
      });
      await expect(inner).rejects.toMatchObject(TIMEOUT);
      await nothingRuns();
      await add(trx, 'three');
    });
    expect(await world.names()).toEqual(['one', 'three']);
  });

  test('a wait for a connection ends with its session', async () => {
    await using rig = world.rig(KILL, { connectionLimit: 1 });
    const held = managedSession(rig.db, { timeoutMs: 300 }, sleepLong);
    await until('it runs', async () => (await world.running()).length === 1);
    await expect(managedSession(rig.db, { timeoutMs: 60 }, sleepLong)).rejects.toMatchObject(TIMEOUT);
    await expect(held).rejects.toMatchObject(TIMEOUT);
    await add(rig.db, 'next');
    expect(await world.running()).toEqual([]);
  });

  test.each([
    ['a transaction that nobody ends', (db: Kysely<Database>) => beginOnly(db)],
    [
      'a pinned session whose callback never returns',
      (db: Kysely<Database>) => db.connection().execute(never),
    ],
    ['a stream that nobody reads on', (db: Kysely<Database>) => readOne(db)],
  ])('%s loses its connection', async (_, work) => {
    await using rig = world.rig(KILL, { connectionLimit: 1 });
    for (let each = 0; each < 50; each += 1) await add(rig.db, 'row');
    const running = managedSession(rig.db, { timeoutMs: 200 }, async (db) => {
      await work(db);
      await never();
    });
    await expect(running).rejects.toMatchObject(TIMEOUT);
    await add(rig.db, 'next');
    expect(rig.threads.size).toBe(2);
    await until('the server has let go', async () => (await world.transactions()) === 0);
    expect(await world.names()).not.toContain('unfinished');
    await until('nobody holds it', () => rig.watch.tracker.used === 0);
  });

  test('whoever goes on with a connection that was taken back gets the reason', async () => {
    await using rig = world.rig(KILL, { connectionLimit: 1 });
    const session = await openSession(rig.db, { timeoutMs: 150 });
    const trx = await session.db.startTransaction().execute();
    await add(trx, 'unfinished');
    await until('it is taken back', () => rig.watch.tracker.used === 0);
    await add(rig.db, 'next');
    await expect(add(trx, 'late')).rejects.toMatchObject(TIMEOUT);
    await trx
      .rollback()
      .execute()
      .catch(() => undefined);
    expect(await world.names()).toEqual(['next']);
    expect(rig.watch.snapshot().counters.returnedLate).toBe(1);
  });

  test('without controlConnection, the command goes over a connection of the same pool', async () => {
    await using rig = world.rig(KILL, { connectionLimit: 2 }, 'of the pool');
    await expect(managedSession(rig.db, { timeoutMs: 60 }, sleepLong)).rejects.toMatchObject(TIMEOUT);
    await nothingRuns();
    await until('the connection is given back', () => rig.watch.tracker.used === 0);
    expect(rig.threads.size).toBe(2);
  });

  test(`nobody else is hit: ${RACES} deadlines that meet the end of their query`, async () => {
    await using rig = world.rig(KILL, { connectionLimit: 1 }, slowControl);
    let cutOff = 0;
    for (let race = 0; race < RACES; race += 1) {
      // The only connection; whoever is next gets it as soon as it is given back.
      const work = managedSession(rig.db, { timeoutMs: 1 + (race % 4) }, (db) =>
        sql`select sleep(${(1 + (race % 7)) / 1_000})`.execute(db),
      ).then(
        () => undefined,
        (error: unknown) => {
          expect(error).toMatchObject(TIMEOUT);
          cutOff += 1;
        },
      );
      const next = async () => {
        const { rows } = await sql<{ n: number }>`select ${race} + sleep(0.001) as n`.execute(rig.db);
        expect(Number(rows[0]?.n)).toBe(race);
      };
      await Promise.all([work, next(), next()]);
    }
    expect(cutOff).toBeGreaterThan(0);
    expect(cutOff).toBeLessThan(RACES);
  });

  test('a server that cannot be asked to end it: the connection is closed, and its slot is free', async () => {
    await using rig = world.rig(KILL, { connectionLimit: 1 });
    const work = managedSession(rig.db, { timeoutMs: 400 }, sleepLong);
    await until('it runs', async () => (await world.running()).length === 1);
    await world.ask('alter user current_user() account lock');
    try {
      await expect(work).rejects.toMatchObject(TIMEOUT);
      await until('its slot is free', () => rig.watch.tracker.used === 0);
    } finally {
      await world.ask('alter user current_user() account unlock');
    }
    await add(rig.db, 'next');
    expect(rig.threads.size).toBe(2);
  });
});

test('is refused for a dialect that is not of MySQL', async () => {
  const { PostgresDialect } = await import('kysely');
  const dialect = new PostgresDialect({ pool: () => Promise.reject(new Error('never asked')) });
  const unsupported = expect.objectContaining({ code: 'LG_UNSUPPORTED' }) as Error;
  expect(() => guardDialect(dialect, KILL)).toThrow(unsupported);
  expect(() => guardDialect(dialect, { cancel: 'ask' as 'kill query' })).toThrow(/cancel/);
});

async function beginOnly(db: Kysely<Database>): Promise<void> {
  const trx = await db.startTransaction().execute();
  await add(trx, 'unfinished');
}

async function readOne(db: Kysely<Database>): Promise<void> {
  const crossed = db.selectFrom(['person as a', 'person as b', 'person as c']).selectAll();
  await crossed.stream()[Symbol.asyncIterator]().next();
}
