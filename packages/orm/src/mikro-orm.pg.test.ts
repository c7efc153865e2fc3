import { LifeguardDialect } from '@lifeguard/kysely';
import { LifeguardPool } from '@lifeguard/pg';
import { EntitySchema } from '@mikro-orm/core';
import { MikroORM } from '@mikro-orm/postgresql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { rejectionOf, useDatabase } from '../test/rig.ts';
import { managedTransaction } from './mikro-orm.ts';

const database = useDatabase();

const Kept = new EntitySchema<{ id: number; name: string }>({
  name: 'Kept',
  tableName: 'kept',
  properties: { id: { type: 'integer', primary: true }, name: { type: 'string' } },
});

async function open(dialect: LifeguardDialect): Promise<MikroORM> {
  const orm = await MikroORM.init({
    dbName: 'any: the pool knows',
    ensureDatabase: false,
    entities: [Kept],
    driverOptions: dialect,
  });
  onTestFinished(() => orm.close(true));
  return orm;
}

const openOn = (): Promise<MikroORM> =>
  open(new LifeguardDialect({ pool: new LifeguardPool({ connectionString: database.url(), max: 2 }) }));

describe('what a callback has changed', () => {
  it('is flushed before the commit, that of a nested one too', async () => {
    const orm = await openOn();
    await managedTransaction(orm.em, async (em) => {
      em.persist(em.create(Kept, { id: 1, name: 'a' }));
      await managedTransaction(orm.em, (inner) => {
        inner.persist(inner.create(Kept, { id: 2, name: 'b' }));
      });
    });
    expect(await database.kept()).toEqual(['a', 'b']);
  });

  it('is rolled back when it cannot be flushed, with the error of that', async () => {
    const orm = await openOn();
    await database.sql(`insert into kept (id, name) values (7, 'there')`);
    const error = await rejectionOf(
      managedTransaction(orm.em, async (em) => {
        await em.execute(`insert into kept (id, name) values (1, 'a')`);
        em.persist(em.create(Kept, { id: 2, name: 'there' }));
      }),
    );
    expect(error).toMatchObject({ code: '23505' });
    expect(await database.kept()).toEqual(['there']);
  });

  it('is tried again when that has lost against another one', async () => {
    const orm = await openOn();
    await database.sql(`insert into kept (id, name) values (1, 'a')`);
    let tries = 0;
    const options = { isolationLevel: 'serializable', retry: { limit: 1, baseMs: 1 } } as const;
    await managedTransaction(orm.em.fork(), options, async (em) => {
      tries += 1;
      const row = await em.findOneOrFail(Kept, 1, { refresh: true });
      row.name += '!';
      if (tries === 1) await database.sql(`update kept set name = 'b' where id = 1`);
    });
    expect(tries).toBe(2);
    expect(await database.kept()).toEqual(['b!']);
  });
});

describe('a dialect that makes its pool with the first query', () => {
  it('is one of ours before that', async () => {
    const orm = await open(
      new LifeguardDialect({ connectionString: database.url(), sessionTimeoutMs: 1_234 }),
    );
    await managedTransaction(orm.em, async (em, session) => {
      expect(session.timeoutMs).toBe(1_234);
      await rejectionOf(
        managedTransaction(em, { timeoutMs: 50 }, (inner) => inner.execute('select pg_sleep(30)')),
      );
      await em.execute(`insert into kept (name) values ('a')`);
    });
    expect(await database.kept()).toEqual(['a']);
  });
});
