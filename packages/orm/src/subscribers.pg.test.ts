import { LifeguardDialect } from '@lifeguard/kysely';
import type { LifeguardPool } from '@lifeguard/pg';
import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { DataSource, EventSubscriber } from 'typeorm';
import { expect, onTestFinished, test } from 'vitest';
import { LAYERS } from '../test/layers/index.ts';
import { rejectionOf, useDatabase } from '../test/rig.ts';
import { managedTransaction as inMikroOrm } from './mikro-orm.ts';
import { managedTransaction as inTypeOrm } from './typeorm.ts';

const database = useDatabase();
const RETRY = { retry: { limit: 2, baseMs: 1 } };
const deadlock = (): Error => Object.assign(new Error('of another database'), { code: '40P01' });
const openPool = async (): Promise<LifeguardPool> =>
  (await database.open(LAYERS[0] as (typeof LAYERS)[number], { max: 2 })).pool;

async function sourceWith(Subscriber: new () => object): Promise<DataSource> {
  EventSubscriber()(Subscriber);
  const pool = await openPool();
  const driver = Object.assign(Object.create(pg) as object, {
    Pool: function OurPool() {
      return pool;
    },
  });
  const source = new DataSource({ type: 'postgres', driver, subscribers: [Subscriber] });
  await source.initialize();
  return source;
}

test('TypeORM: the callback does not run again where a subscriber fails after the commit', async () => {
  class Failing {
    afterTransactionCommit(): never {
      throw deadlock();
    }
  }
  const source = await sourceWith(Failing);
  await rejectionOf(
    inTypeOrm(source, RETRY, (manager) => manager.query(`insert into kept (name) values ('once')`)),
  );
  expect(await database.kept()).toEqual(['once']);
});

test('MikroORM: the callback does not run again where a subscriber fails after the commit', async () => {
  const pool = await openPool();
  const orm = await MikroORM.init({
    dbName: 'any',
    ensureDatabase: false,
    discovery: { warnWhenNoEntities: false },
    driverOptions: new LifeguardDialect({ pool }),
    subscribers: [{ afterTransactionCommit: () => Promise.reject(deadlock()) }],
  });
  onTestFinished(() => orm.close());
  await rejectionOf(
    inMikroOrm(orm.em.fork(), RETRY, (em) => em.execute(`insert into kept (name) values ('once')`)),
  );
  expect(await database.kept()).toEqual(['once']);
});

test('TypeORM: a connection that a subscriber takes for itself is not taken for that of the transaction', async () => {
  let borrowed = 0;
  class Borrowing {
    async afterTransactionStart(event: { readonly dataSource: DataSource }): Promise<void> {
      const runner = event.dataSource.createQueryRunner();
      await runner.query('select 1');
      await runner.release();
      borrowed += 1;
    }
  }
  const source = await sourceWith(Borrowing);
  const failure = await rejectionOf(
    inTypeOrm(source, async (manager) => {
      await manager.query(`insert into kept (name) values ('a')`);
      await manager.query(`insert into kept (name) values ('a')`).catch(() => undefined);
    }),
  );
  expect(failure).toMatchObject({ code: 'LG_COMMIT_ROLLED_BACK' });
  expect(borrowed).toBe(1);
  expect(await database.kept()).toEqual([]);
});
