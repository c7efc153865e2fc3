import { CamelCasePlugin, Kysely, PostgresDialect, AbortedTransactionError, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { backendPid, createTables, ownRig, stockRig, until } from '../test-support/postgres.ts';
import type { Database, Rig } from '../test-support/postgres.ts';
import { guardDialect } from './guard-dialect.ts';
import { lifeguard } from './attach.ts';

let database: Awaited<ReturnType<typeof createTables>>;

beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
afterAll(() => database.drop());

/** Kysely's own dialect, ours, and the two ways to watch a dialect that is not ours: all must behave the same. */
const rigs: Record<string, (url: string) => Rig> = {
  PostgresDialect: (url) => stockRig(url),
  LifeguardDialect: (url) => ownRig(url),
  'guardDialect(PostgresDialect)': (url) => {
    const inner = stockRig(url);
    const dialect = guardDialect(inner.dialect);
    return {
      ...inner,
      dialect,
      db: new Kysely<Database>({ dialect }),
      busy: () => dialect.lifeguard.tracker.used,
    };
  },
  'lifeguard(db)': (url) => {
    const inner = stockRig(url);
    const handle = lifeguard(inner.db);
    return { ...inner, busy: () => handle.watch.tracker.used };
  },
};

describe.each(Object.entries(rigs))('%s', (_name, makeRig) => {
  let rig: Rig;
  let db: Kysely<Database>;

  beforeEach(async () => {
    // Where Kysely says that what was aborted has failed.
    vi.spyOn(console, 'error').mockReturnValue(undefined);
    rig = makeRig(database.url);
    db = rig.db;
    await database.admin.query('truncate person restart identity');
  });

  afterEach(async () => {
    await until(() => rig.busy() === 0, 'every connection given back');
    await rig[Symbol.asyncDispose]();
  });

  const names = async () =>
    (await database.admin.query<{ name: string }>('select name from person order by id')).rows.map(
      ({ name }) => name,
    );
  const add = (k: Kysely<Database>, name: string) => k.insertInto('person').values({ name }).execute();

  test('results carry rows and counts', async () => {
    const inserted = await db
      .insertInto('person')
      .values([{ name: 'Ada' }, { name: 'Bob' }])
      .executeTakeFirst();
    expect(inserted.numInsertedOrUpdatedRows).toBe(2n);
    const updated = await db
      .updateTable('person')
      .set({ name: 'Cyd' })
      .where('name', '=', 'Bob')
      .executeTakeFirst();
    expect(updated.numUpdatedRows).toBe(1n);
    expect((await db.deleteFrom('person').where('name', '=', 'x').executeTakeFirst()).numDeletedRows).toBe(
      0n,
    );
    expect(await db.insertInto('person').values({ name: 'Dan' }).returning('name').execute()).toEqual([
      { name: 'Dan' },
    ]);
    expect(await db.selectFrom('person').select('name').orderBy('id').execute()).toEqual([
      { name: 'Ada' },
      { name: 'Cyd' },
      { name: 'Dan' },
    ]);
  });

  test('a failing query rejects with the error of pg and the stack of its caller', async () => {
    const failing = sql`select 1 / 0`.execute(db);
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    const error = (await failing.catch((caught: unknown) => caught)) as Error;
    expect(error.stack).toContain('features.pg.test.ts');
  });

  test('a transaction commits, and rolls back with the error of its callback', async () => {
    await db.transaction().execute((trx) => add(trx, 'Ada'));
    const mine = new Error('mine');
    const failing = db.transaction().execute(async (trx) => {
      await add(trx, 'Bob');
      throw mine;
    });
    await expect(failing).rejects.toBe(mine);
    expect(await names()).toEqual(['Ada']);
  });

  test('isolation level and access mode reach the server', async () => {
    const [level, mode] = await db
      .transaction()
      .setIsolationLevel('serializable')
      .setAccessMode('read only')
      .execute(async (trx) => [
        (await sql<{ v: string }>`select current_setting('transaction_isolation') as v`.execute(trx)).rows[0]
          ?.v,
        (await sql<{ v: string }>`select current_setting('transaction_read_only') as v`.execute(trx)).rows[0]
          ?.v,
      ]);
    expect([level, mode]).toEqual(['serializable', 'on']);
  });

  test('a commit that is answered with ROLLBACK is an AbortedTransactionError', async () => {
    const swallowing = db.transaction().execute(async (trx) => {
      await sql`select 1 / 0`.execute(trx).catch(() => undefined);
    });
    await expect(swallowing).rejects.toBeInstanceOf(AbortedTransactionError);
    const controlled = await db.startTransaction().execute();
    await sql`select 1 / 0`.execute(controlled).catch(() => undefined);
    await expect(controlled.commit().execute()).rejects.toBeInstanceOf(AbortedTransactionError);
    expect(controlled.isRolledBack).toBe(true);
  });

  test('a controlled transaction has savepoints', async () => {
    const trx = await db.startTransaction().execute();
    await add(trx, 'Ada');
    const one = await trx.savepoint('one').execute();
    await add(one, 'Bob');
    const back = await one.rollbackToSavepoint('one').execute();
    await add(back, 'Cyd');
    await back.releaseSavepoint('one').execute();
    await trx.commit().execute();
    expect(await names()).toEqual(['Ada', 'Cyd']);
    await expect(add(trx, 'late')).rejects.toThrow('already committed');
  });

  test('a controlled transaction rolls back', async () => {
    const trx = await db.startTransaction().execute();
    await add(trx, 'Ada');
    await trx.rollback().execute();
    expect(await names()).toEqual([]);
  });

  test('connection() keeps one connection', async () => {
    const pids = await db.connection().execute(async (bound) => {
      const first = await backendPid(bound);
      await bound.transaction().execute((trx) => add(trx, 'Ada'));
      return [first, await backendPid(bound)];
    });
    expect(pids[0]).toBe(pids[1]);
  });

  test('streams read in chunks, may be left early, and reject as queries do', async () => {
    const seen: number[] = [];
    const numbers = sql<{ n: number }>`(select n from generate_series(1, 10) n)`.as('series');
    const stream = () => db.selectFrom(numbers).select('n').stream(3);
    for await (const { n } of stream()) seen.push(n);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for await (const { n } of stream()) if (n === 2) break;
    const bad = db
      .selectFrom(sql<{ n: number }>`(select 1 / (5 - n) as n from generate_series(1, 9) n)`.as('bad'))
      .selectAll();
    await expect(collect(bad.stream(2))).rejects.toMatchObject({ code: '22012' });
    await db
      .transaction()
      .execute(async (trx) =>
        expect(await collect(trx.selectFrom('person').selectAll().stream())).toEqual([]),
      );
  });

  test('withSchema, plugins and $extendTables derive instances', async () => {
    const camel = db.withPlugin(new CamelCasePlugin()).$extendTables<{ temp: { firstName: string } }>();
    await camel.connection().execute(async (bound) => {
      await sql`create temp table temp (first_name text)`.execute(bound);
      await bound.insertInto('temp').values({ firstName: 'Ada' }).execute();
      expect(await bound.selectFrom('temp').selectAll().execute()).toEqual([{ firstName: 'Ada' }]);
    });
    await add(db.withSchema('public'), 'Bob');
    await db.transaction().execute((trx) => add(trx.withSchema('public').withoutPlugins(), 'Cyd'));
    expect(await names()).toEqual(['Bob', 'Cyd']);
  });

  test('the schema builder and introspection work', async () => {
    await db.schema
      .createTable('made')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .execute();
    const tables = await db.introspection.getTables();
    expect(tables.map(({ name }) => name)).toContain('made');
    await db.schema.dropTable('made').execute();
  });

  test('migrations run under their lock', async () => {
    const migrator = new Migrator({
      db,
      provider: {
        getMigrations: async () => ({
          first: {
            up: (k: Kysely<unknown>) => k.schema.createTable('migrated').addColumn('id', 'integer').execute(),
            down: (k: Kysely<unknown>) => k.schema.dropTable('migrated').execute(),
          },
        }),
      },
    });
    expect((await migrator.migrateToLatest()).error).toBeUndefined();
    expect((await migrator.migrateDown()).error).toBeUndefined();
    await sql`drop table kysely_migration, kysely_migration_lock`.execute(db);
  });

  test.each(['ignore query', 'cancel query', 'kill session'] as const)(
    'an abort that means "%s"',
    async (strategy) => {
      const controller = new AbortController();
      const reason = new Error('client went away');
      const running = sql`select pg_sleep(${strategy === 'ignore query' ? 0.3 : 5})`.execute(db, {
        signal: controller.signal,
        inflightQueryAbortStrategy: strategy,
      });
      const rejected = expect(running).rejects.toBe(reason);
      await until(async () => (await sleeping()) === 1, 'the query runs');
      controller.abort(reason);
      await rejected;
      await until(async () => (await sleeping()) === 0, 'the query has ended');
      // pg-pool may lend the killed client once more before it notices.
      await until(async () => (await backendPid(db).catch(() => 0)) > 0, 'the instance works on');
    },
  );

  const sleeping = async () => {
    const text = `select count(*)::int as n from pg_stat_activity where query like 'select pg_sleep%' and state = 'active' and datname = current_database()`;
    return (await database.admin.query<{ n: number }>(text)).rows[0]?.n;
  };

  test('an aborted stream gives its connection back', async () => {
    const controller = new AbortController();
    const numbers = db.selectFrom(sql<{ n: number }>`generate_series(1, 100)`.as('n')).selectAll();
    const reading = (async () => {
      for await (const _ of numbers.stream({ chunkSize: 5, signal: controller.signal }))
        controller.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toThrow('enough');
  });

  test('a signal that has aborted before refuses at once', async () => {
    await expect(
      sql`select 1`.execute(db, { signal: AbortSignal.abort(new Error('before')) }),
    ).rejects.toThrow('before');
  });

  test('a log sees every statement, begin and commit included', async () => {
    const texts: string[] = [];
    const logged = new Kysely<Database>({
      dialect: rig.dialect,
      log: ({ query }) => void texts.push(query.sql),
    });
    await logged.transaction().execute((trx) => sql`select 1`.execute(trx));
    await expect(sql`select broken`.execute(logged)).rejects.toThrow();
    expect(texts).toEqual(['begin', 'select 1', 'commit', 'select broken']);
  });

  test('executeQuery takes compiled queries', async () => {
    const compiled = db.selectNoFrom((eb) => eb.val(1).as('one')).compile();
    expect((await db.executeQuery(compiled)).rows).toHaveLength(1);
  });

  test('concurrent queries use several connections', async () => {
    const pids = new Set<number>();
    await Promise.all(
      [1, 2, 3].map(() =>
        db.connection().execute(async (bound) => {
          pids.add(await backendPid(bound));
          await until(() => pids.size === 3, 'all three are connected');
        }),
      ),
    );
  });

  test('destroying an instance that ran nothing does nothing; else it ends the pool', async () => {
    await db.destroy();
    await sql`select 1`.execute(db);
    await db.destroy();
    await expect(sql`select 1`.execute(db)).rejects.toThrow('driver has already been destroyed');
    expect(rig.connections()).toBe(0);
  });
});

test('the guard reports the same class of dialect that it was given', () => {
  const guarded = guardDialect(new PostgresDialect({ pool: () => Promise.reject(new Error('never')) }));
  expect(guarded.createAdapter().supportsReturning).toBe(true);
});

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}
