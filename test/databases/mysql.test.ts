// A watched MySQL: who holds what, and what a deadline does where nothing ends a query on the server.

import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { formatLeakReport } from '@lifeguard/core';
import { managedSession, managedTransaction } from '@lifeguard/kysely';
import { describeWith } from '../support/describe-with.ts';
import { until } from '../support/until.ts';
import { aborted, mysqlWorld } from './mysql-world.ts';
import type { MysqlWorld } from './mysql-world.ts';

const TIMEOUT = { code: 'LG_SESSION_TIMEOUT' };

describeWith('mariadb', 'MySQL under guardDialect()', () => {
  let world: MysqlWorld;
  beforeAll(async () => {
    world = await mysqlWorld();
  });
  afterAll(() => world.stop());
  beforeEach(() => world.clear());

  const add = (db: { insertInto: MysqlKysely['insertInto'] }, name: string) =>
    db.insertInto('person').values({ name }).execute();

  test('a transaction that nobody ends is reported with the line that began it', async () => {
    await using rig = world.rig({ leakThresholdMs: 30, monitorIntervalMs: 10, name: 'orders' });
    await add(rig.db, 'Ada');
    const reports: string[] = [];
    rig.watch.on('leak', (report) => reports.push(formatLeakReport(report)));
    const trx = await rig.db.startTransaction().execute();
    await add(trx, 'secret');
    await until('it is reported', () => reports.length > 0);
    expect(reports[0]).toContain('connection of pool "orders" held');
    expect(reports[0]).toMatch(/acquired +\S*mysql\.test\.ts:\d+/);
    expect(reports[0]).toContain('insert into `person` (`name`) values (?)');
    expect(reports[0]).not.toContain('secret');
    await trx.rollback().execute();
    expect(await world.names()).toEqual(['Ada']);
  });

  test('a stream that nobody reads on is reported too', async () => {
    await using rig = world.rig({ leakThresholdMs: 30, monitorIntervalMs: 10 });
    for (const name of ['Ada', 'Bob']) await add(rig.db, name);
    const rows = rig.db.selectFrom('person').selectAll().stream();
    expect((await rows.next()).value).toMatchObject({ name: 'Ada' });
    await until('it is reported', () => rig.watch.snapshot().reports.length > 0);
    expect(rig.watch.snapshot().reports[0]?.lease.lastQuery).toBe('select * from `person`');
    await rows.return?.(undefined);
  });

  test('a wait for a connection ends with its session, and the connection that comes late is given back', async () => {
    await using rig = world.rig({}, { connectionLimit: 1 });
    const held = Promise.withResolvers<void>();
    const holding = rig.db.connection().execute(() => held.promise);
    await until('it is held', () => rig.watch.tracker.used === 1);
    const waiting = managedSession(rig.db, { timeoutMs: 50 }, (db) => add(db, 'late'));
    await expect(waiting).rejects.toMatchObject(TIMEOUT);
    expect(rig.watch.snapshot()).toMatchObject({ used: 1, pending: 0 });
    held.resolve();
    await holding;
    await add(rig.db, 'next');
    expect(await world.names()).toEqual(['next']);
  });

  test('a transaction is rolled back at its deadline, whatever its callback does then', async () => {
    await using rig = world.rig();
    const late = Promise.withResolvers<unknown>();
    const work = managedTransaction(rig.db, { timeoutMs: 60 }, async (trx, { signal }) => {
      await add(trx, 'mine');
      await aborted(signal);
      await add(trx, 'late').catch(late.resolve);
      await new Promise(() => undefined);
    });
    await expect(work).rejects.toMatchObject(TIMEOUT);
    expect(await late.promise).toMatchObject(TIMEOUT);
    await until('the connection is given back', () => rig.watch.tracker.used === 0);
    expect(await world.names()).toEqual([]);
    expect(await world.transactions()).toBe(0);
  });

  test('a query that runs at the deadline runs to its end; then its transaction is rolled back', async () => {
    await using rig = world.rig();
    const work = managedTransaction(rig.db, { timeoutMs: 50 }, async (trx) => {
      await add(trx, 'mine');
      await sql`select sleep(0.6)`.execute(trx);
    });
    await expect(work).rejects.toMatchObject(TIMEOUT);
    expect(await world.running()).toEqual(['select sleep(0.6)']);
    expect(rig.watch.tracker.used).toBe(1);
    await until('the connection is given back', () => rig.watch.tracker.used === 0);
    expect(await world.names()).toEqual([]);
  });

  test('transactions commit and roll back; nested ones are savepoints', async () => {
    await using rig = world.rig();
    await managedTransaction(rig.db, async (trx) => {
      await add(trx, 'one');
      await expect(
        managedTransaction(trx, async (inner) => {
          await add(inner, 'two');
          throw new Error('mine');
        }),
      ).rejects.toThrow('mine');
      await managedTransaction(trx, (inner) => add(inner, 'three'));
    });
    const failing = managedTransaction(rig.db, async (trx) => {
      await add(trx, 'four');
      await sql`select nonsense`.execute(trx);
    });
    await expect(failing).rejects.toMatchObject({ code: 'ER_BAD_FIELD_ERROR' });
    expect(await world.names()).toEqual(['one', 'three']);
  });

  test('what strays joins, where it is told to', async () => {
    await using rig = world.rig({ strayQueries: 'join' });
    const failing = managedTransaction(rig.db, async () => {
      await add(rig.db, 'stray');
      throw new Error('mine');
    });
    await expect(failing).rejects.toThrow('mine');
    expect(await world.names()).toEqual([]);
    expect(rig.watch.snapshot().counters.acquired).toBe(1);
  });

  test('a stream is read to its end', async () => {
    await using rig = world.rig();
    for (const name of ['Ada', 'Bob', 'Cy']) await add(rig.db, name);
    const names: string[] = [];
    for await (const { name } of rig.db.selectFrom('person').select('name').stream()) names.push(name);
    expect(names).toEqual(['Ada', 'Bob', 'Cy']);
  });
});

type MysqlKysely = ReturnType<MysqlWorld['rig']>['db'];
