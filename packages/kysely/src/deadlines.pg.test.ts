import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import type { Transaction } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Session } from '@lifeguard/core';
import { allowLeaks } from '@lifeguard/testing/vitest';
import { add, backendPid, createTables, ownRig, stockRig, until } from '../test-support/postgres.ts';
import type { Database, Rig } from '../test-support/postgres.ts';
import { guardDialect } from './guard-dialect.ts';
import { LifeguardDialect } from './lifeguard-dialect.ts';
import { managedTransaction } from './managed-transaction.ts';

let database: Awaited<ReturnType<typeof createTables>>;
beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
afterAll(() => database.drop());
beforeEach(() => database.admin.query('truncate person'));

const LIMIT_MS = 150;
const kill = (pid: number) => database.admin.query('select pg_terminate_backend($1)', [pid]);
const timedOut = { code: 'LG_SESSION_TIMEOUT' };
const forever = () => new Promise<never>(() => undefined);

const over = ({ signal }: Session) => once(signal, 'abort');

type Callback = (trx: Transaction<Database>, session: Session) => Promise<unknown>;

/** What the callback does, and how the promise must end. */
const scenarios: [string, Callback, object | string][] = [
  ['a query in flight', (trx) => sql`select pg_sleep(30)`.execute(trx), timedOut],
  ['a query that waits for a lock', (trx) => sql`lock table person`.execute(trx), timedOut],
  ['idle, then a query', async (trx, session) => (await over(session), sql`select 1`.execute(trx)), timedOut],
  [
    'idle, then an error of the callback',
    async (_, session) => (await over(session), Promise.reject(new Error('mine'))),
    timedOut,
  ],
  ['idle, then the commit', async (trx, session) => (await add(trx, 'kept?'), over(session)), timedOut],
  ['a callback that never returns', async (trx) => (await add(trx, 'kept?'), forever()), timedOut],
  [
    'an abandoned stream',
    async (trx) => {
      await trx.selectFrom(sql<{ n: number }>`generate_series(1, 1000)`.as('n')).selectAll().stream(1).next();
    },
    timedOut,
  ],
  ['an error in time', async (trx) => (await add(trx, 'gone'), Promise.reject(new Error('mine'))), 'mine'],
  [
    'a socket that dies, then a query',
    async (trx) => {
      await kill(await backendPid(trx));
      await sql`select 1`.execute(trx);
    },
    {},
  ],
  [
    'a socket that dies, then an error of the callback',
    async (trx) => {
      await kill(await backendPid(trx));
      await sleep(20);
      throw new Error('mine');
    },
    'mine',
  ],
  ['a socket that dies before the commit', async (trx) => void (await kill(await backendPid(trx))), {}],
  [
    'a socket that dies during a query',
    async (trx) => {
      const pid = await backendPid(trx);
      const running = sql`select pg_sleep(30)`.execute(trx);
      running.catch(() => undefined);
      await sleep(20);
      await kill(pid);
      await running;
    },
    {},
  ],
];

describe.each<[string, () => Rig]>([
  ['LifeguardDialect', () => ownRig(database.url)],
  ['PostgresDialect', () => stockRig(database.url)],
  [
    'guardDialect(PostgresDialect)',
    () => {
      const inner = stockRig(database.url);
      return { ...inner, ...rebuilt(inner) };
    },
  ],
])('managedTransaction over %s', (dialect, makeRig) => {
  let rig: Rig;
  let blocker: { release(): Promise<unknown> } | undefined;

  beforeEach(() => {
    rig = makeRig();
  });
  afterEach(async () => {
    await blocker?.release();
    blocker = undefined;
    await rig[Symbol.asyncDispose]();
    // What Kysely's own dialect leaves running.
    await database.admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`,
    );
  });

  test.each(scenarios)('%s', async (what, callback, expected) => {
    if (what.includes('lock')) blocker = await lockPerson();
    // Where a pool is only watched, nobody can take the connection from the stream.
    if (dialect !== 'LifeguardDialect' && what.includes('stream')) allowLeaks();
    const startedAt = performance.now();
    const timeoutMs = expected === timedOut ? LIMIT_MS : 10_000;
    const run = managedTransaction(rig.db, { timeoutMs }, callback);
    if (typeof expected === 'string') await expect(run).rejects.toThrow(expected);
    else await expect(run).rejects.toMatchObject(expected);
    expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS + 5_000);
    if (dialect === 'LifeguardDialect') {
      expect(rig.busy()).toBe(0);
      await blocker?.release();
      blocker = undefined;
      await until(async () => (await database.unfinished()) === 0, 'the server has nothing left to do');
      expect(await database.names()).toEqual([]);
      await managedTransaction(rig.db, (trx) => add(trx, 'next'));
      expect(await database.names()).toEqual(['next']);
    } else if (!/flight|lock|stream/.test(what)) {
      // Elsewhere what runs cannot be stopped; all else is given back.
      await until(() => rig.busy() === 0, 'the connection is given back');
      expect(await database.names()).toEqual([]);
    }
  });

  const lockPerson = async () => {
    const client = await database.admin.connect();
    await client.query('begin; lock table person');
    return {
      release: async () => {
        await client.query('rollback').catch(() => undefined);
        client.release();
      },
    };
  };
});

function rebuilt(inner: Rig): Pick<Rig, 'dialect' | 'db'> {
  const dialect = guardDialect(inner.dialect);
  return { dialect, db: new Kysely<Database>({ dialect }) };
}

test('a begin that fails, and a hook that throws, leave nothing behind', async () => {
  await using broken = ownRig(database.url, { onReserveConnection: () => Promise.reject(new Error('hook')) });
  await expect(managedTransaction(broken.db, () => 1)).rejects.toThrow('hook');
  expect(broken.busy()).toBe(0);
  await using rig = ownRig(database.url);
  const pid = await backendPid(rig.db);
  const dying = managedTransaction(rig.db, () => 1).catch(() => undefined);
  await kill(pid);
  await dying;
  await until(() => rig.busy() === 0, 'the connection is free');
});

test('connection options make a pool of their own, whose limit holds and which destroy() ends', async () => {
  const db = new Kysely<Database>({
    dialect: new LifeguardDialect({
      connectionString: database.url,
      size: 2,
      maxOverflow: 0,
      sessionTimeoutMs: 60,
      label: 'own',
    }),
  });
  await expect(managedTransaction(db, forever)).rejects.toMatchObject({ ...timedOut, timeoutMs: 60 });
  expect(await backendPid(db)).toBeGreaterThan(0);
  await db.destroy();
  await until(async () => (await database.unfinished()) === 0, 'the server has nothing left to do');
});

test('a wait for a connection counts against the deadline', async () => {
  await using rig = ownRig(database.url, {}, { max: 1 });
  await managedTransaction(rig.db, async () => {
    const other = new Promise((resolve) =>
      setTimeout(() => resolve(managedTransaction(rig.db, { timeoutMs: 5_000 }, () => 1)), 0),
    );
    await expect(other).resolves.toBe(1);
  });
  const holder = await rig.db.startTransaction().execute();
  await expect(managedTransaction(rig.db, { timeoutMs: 50 }, () => 1)).rejects.toMatchObject(timedOut);
  expect(rig.pool.snapshot().pending).toBe(0);
  await holder.rollback().execute();
});

test('an inner deadline stops its query, rolls back to its savepoint, and the transaction goes on', async () => {
  await using rig = ownRig(database.url);
  await managedTransaction(rig.db, async (trx) => {
    await add(trx, 'outer');
    const inner = managedTransaction(trx, { timeoutMs: 80 }, async (nested) => {
      await add(nested, 'inner');
      await sql`select pg_sleep(30)`.execute(nested);
    });
    await expect(inner).rejects.toMatchObject(timedOut);
    await add(trx, 'after');
  });
  expect(await database.names()).toEqual(['after', 'outer']);
});

test('a failure that was caught makes a commit, or the release of a savepoint, an error that names it', async () => {
  await using rig = ownRig(database.url);
  const failed = { code: 'LG_COMMIT_ROLLED_BACK', failedStatement: 'select ? / ?' };
  const run = managedTransaction(rig.db, async (trx) => {
    await sql`select 1 / 0`.execute(trx).catch(() => undefined);
  });
  await expect(run).rejects.toMatchObject(failed);
  await managedTransaction(rig.db, async (trx) => {
    await add(trx, 'outer');
    const inner = managedTransaction(trx, async (nested) => {
      await sql`select 1 / 0`.execute(nested).catch(() => undefined);
    });
    await expect(inner).rejects.toMatchObject(failed);
  });
  expect(await database.names()).toEqual(['outer']);
});

test('a callback that commits by SQL leaves no connection and no transaction behind', async () => {
  await using rig = ownRig(database.url);
  await managedTransaction(rig.db, async (trx) => {
    await add(trx, 'kept');
    await sql`commit`.execute(trx);
  });
  expect(rig.busy()).toBe(0);
  expect(await database.names()).toEqual(['kept']);
});

test('a serialization failure is retried (40001)', async () => {
  await using rig = ownRig(database.url);
  await database.admin.query(`insert into person (name) values ('a'), ('b')`);
  const firstReads = barrier(2);
  let tries = 0;
  const swap = (name: string) =>
    managedTransaction(
      rig.db,
      { isolationLevel: 'serializable', retry: { limit: 5, baseMs: 5 } },
      async (trx) => {
        tries += 1;
        await sql`select count(*) from person`.execute(trx);
        await firstReads();
        await add(trx, name);
      },
    );
  await Promise.all([swap('c'), swap('d')]);
  expect(tries).toBeGreaterThan(2);
  expect(await database.names()).toEqual(['a', 'b', 'c', 'd']);
});

test('a deadlock is retried (40P01)', async () => {
  await using rig = ownRig(database.url);
  await database.admin.query(`insert into person (name) values ('a'), ('b')`);
  const firstLocks = barrier(2);
  let tries = 0;
  const lockBoth = (first: string, second: string) =>
    managedTransaction(rig.db, { retry: { limit: 5, baseMs: 5 } }, async (trx) => {
      tries += 1;
      const lock = (name: string) =>
        trx.selectFrom('person').selectAll().where('name', '=', name).forUpdate().execute();
      await lock(first);
      await firstLocks();
      await lock(second);
    });
  await Promise.all([lockBoth('a', 'b'), lockBoth('b', 'a')]);
  expect(tries).toBeGreaterThan(2);
});

/** Holds the first `count` callers until all are there; later ones pass. */
function barrier(count: number): () => Promise<void> {
  let arrived = 0;
  const all = Promise.withResolvers<void>();
  return () => {
    arrived += 1;
    if (arrived >= count) all.resolve();
    return all.promise;
  };
}
