import { execFile } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely';
import type { DatabaseConnection } from 'kysely';
import type { LeakReport } from '@lifeguard/core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Flavour } from '../test-support/dying-sessions.ts';
import { add, backendPid, createTables, ownRig, stockRig, until } from '../test-support/postgres.ts';
import type { Db } from '../test-support/guards.ts';
import type { Rig } from '../test-support/postgres.ts';
import { managedTransaction } from './managed-transaction.ts';

/*
 * Ways in which running applications have lost connections, or each other's queries, as they told in public: what Kysely
 * 0.29.9 over pg.Pool 3.14 does then, and what becomes of it here. See also leaks.pg.test.ts.
 */

let database: Awaited<ReturnType<typeof createTables>>;
beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
beforeEach(() => database.admin.query('truncate person'));
afterAll(() => database.drop());

/** Only compiles. */
const compiler = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

const kill = (pid: number) => database.admin.query('select pg_terminate_backend($1)', [pid]);
/** Whether the server runs this statement now. */
const running = async (text: string) => {
  const query = `select 1 from pg_stat_activity where datname = current_database() and state = 'active' and query = $1`;
  return (await database.admin.query(query, [text])).rows.length > 0;
};

// https://github.com/medplum/medplum/issues/8984, https://github.com/medplum/medplum/pull/8987
describe('a transaction that the server ends by idle_in_transaction_session_timeout, and nobody finishes', () => {
  const options = { max: 2, idle_in_transaction_session_timeout: 50 };

  /** Twice the same leak, on a pool of two. */
  const leakTwice = async (rig: Rig) => {
    // Before its first query Kysely still initializes the driver, where it hides who waits.
    await sql`select 1`.execute(rig.db);
    for (let i = 0; i < 2; i += 1) {
      const pid = await backendPid(await rig.db.startTransaction().execute());
      const text = 'select 1 from pg_stat_activity where pid = $1';
      await until(async () => (await database.admin.query(text, [pid])).rows.length === 0, 'it is ended');
    }
  };

  test('stock: each time a slot is lost, until there is none', async () => {
    await using rig = stockRig(database.url, {}, { ...options, connectionTimeoutMillis: 200 });
    await leakTwice(rig);
    expect(rig.busy()).toBe(2);
    await expect(sql`select 1`.execute(rig.db)).rejects.toThrow('timeout exceeded when trying to connect');
  });

  test('here: the slot is free at once, and the line that leaked it is reported', async () => {
    const reports: LeakReport[] = [];
    await using rig = ownRig(database.url, {}, options);
    rig.pool.on('leak', (report) => reports.push(report));
    await leakTwice(rig);
    await until(() => rig.busy() === 0, 'both are free');
    await sql`select 1`.execute(rig.db);
    expect(reports.map(({ evidence }) => evidence)).toEqual([['idle'], ['idle']]);
    expect(reports[0]?.lease.site?.file).toMatch(/live-leaks\.pg\.test\.ts$/);
  });

  test('here: who goes on with it nevertheless is told of the limit', async () => {
    await using rig = ownRig(database.url, {}, options);
    const trx = await rig.db.startTransaction().execute();
    await until(() => rig.busy() === 0, 'the server has ended it');
    const commit = trx.commit().execute();
    await expect(commit).rejects.toMatchObject({
      code: 'LG_SERVER_TIMEOUT',
      setting: 'idle_in_transaction_session_timeout',
    });
  });
});

// https://github.com/kysely-org/kysely/issues/1990; this one of its three ways was fixed in Kysely 0.29.7.
describe('trx.rollback() on a dead socket, in a controlled transaction', () => {
  const rollBack = async (rig: Rig) => {
    const trx = await rig.db.startTransaction().execute();
    await kill(await backendPid(trx));
    await trx
      .rollback()
      .execute()
      .catch(() => undefined);
    await until(() => rig.busy() === 0, 'it is given back');
  };

  test.each([
    ['stock', stockRig],
    ['here', ownRig],
  ])('%s: given back', async (_, makeRig) => {
    await using rig = makeRig(database.url);
    await rollBack(rig);
  });
});

// https://github.com/brianc/node-postgres/issues/3399
describe('query_timeout of pg, while the server goes on', () => {
  const options = { max: 1, query_timeout: 100 };
  const timeOut = async (rig: Rig, text: string) => {
    await expect(sql.raw(text).execute(rig.db)).rejects.toThrow('Query read timeout');
  };

  test('stock: the connection looks healthy, and the next query on it times out as well', async () => {
    const text = 'select pg_sleep(1.5) as stock';
    await using rig = stockRig(database.url, {}, options);
    await timeOut(rig, text);
    expect(rig.busy()).toBe(0);
    expect(await running(text)).toBe(true);
    await expect(sql`select 1`.execute(rig.db)).rejects.toThrow('Query read timeout');
  });

  test('here: what runs on is stopped before anybody else gets the slot', async () => {
    const text = 'select pg_sleep(1.5) as own';
    await using rig = ownRig(database.url, {}, { ...options, resetTimeoutMs: 50 });
    await timeOut(rig, text);
    await sql`select 1`.execute(rig.db);
    expect(await running(text)).toBe(false);
  });
});

describe('a connection given back with a query running', () => {
  /** How what was left running ended, when the next borrower has run its query. */
  const leave = async (rig: Rig) => {
    let end: 'runs' | 'has finished' | 'was stopped' = 'runs';
    await rig.db.getExecutor().provideConnection(async (connection) => {
      void connection.executeQuery(sql`select pg_sleep(0.3)`.compile(rig.db)).then(
        () => (end = 'has finished'),
        () => (end = 'was stopped'),
      );
    });
    await sql`select 1`.execute(rig.db);
    return end;
  };

  test('stock: the next borrower is behind it', async () => {
    await using rig = stockRig(database.url, {}, { max: 1 });
    expect(await leave(rig)).toBe('has finished');
  });

  test('here: it has resetTimeoutMs to end, and is stopped then', async () => {
    await using rig = ownRig(database.url, {}, { max: 1, resetTimeoutMs: 50 });
    expect(await leave(rig)).toBe('was stopped');
  });
});

// https://github.com/brianc/node-postgres/pull/1392
describe('a cancel that comes when its query is over', () => {
  test('stock: by process id, it hits whoever has the connection then', async () => {
    await using rig = stockRig(database.url, {}, { max: 1 });
    const pid = await backendPid(rig.db);
    const next = expect(sql`select pg_sleep(5)`.execute(rig.db)).rejects.toMatchObject({ code: '57014' });
    await until(() => running('select pg_sleep(5)'), 'the next query runs');
    await database.admin.query('select pg_cancel_backend($1)', [pid]);
    await next;
  });

  test('here: it belongs to a lease, and does nothing once that is over', async () => {
    await using rig = ownRig(database.url, {}, { max: 1 });
    const lease = await rig.pool.lease();
    await lease.query('select 1');
    lease.release();
    const next = sql`select pg_sleep(0.2)`.execute(rig.db);
    await until(() => running('select pg_sleep(0.2)'), 'the next query runs');
    await lease.cancel().catch(() => undefined);
    await next;
  });

  test('here: a hundred aborts that race with the end of their query hit no other one', async () => {
    await using rig = ownRig(database.url, {}, { max: 2 });
    for (let i = 0; i < 100; i += 1) {
      const controller = new AbortController();
      const query = sql`select pg_sleep(0.001)`.execute(rig.db, {
        signal: controller.signal,
        inflightQueryAbortStrategy: 'cancel query',
      });
      setTimeout(() => controller.abort(new Error('enough')), 1 + (i % 4));
      const [, others] = await Promise.allSettled([query, Promise.all([one(rig.db), one(rig.db)])]);
      expect(others.status).toBe('fulfilled');
      await one(rig.db);
    }
  });

  const one = (db: Db) => sql`select 1`.execute(db);
});

// https://github.com/brianc/node-postgres/issues/2762, https://github.com/brianc/node-postgres/issues/1165
describe('backends that die while their connection is checked out, where nobody listens to errors', () => {
  const run = async (flavour: Flavour) => {
    const program = join(import.meta.dirname, '..', 'test-support', 'dying-sessions.ts');
    const running_ = promisify(execFile)(process.execPath, [program, database.url, flavour], {
      timeout: 15_000,
    });
    return running_.catch((error: Error & { code: number; stdout: string; stderr: string }) => error);
  };

  test('stock: the process ends', async () => {
    const end = await run('stock');
    expect(end).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Unhandled 'error' event") as string,
    });
    expect(end.stdout).not.toContain('survived');
  });

  test('here: the process survives, and so do queries aborted by "kill session"', async () => {
    expect((await run('own')).stdout).toBe('aborted\nrejected\nsurvived\n');
  });
});

// https://github.com/drizzle-team/drizzle-orm/issues/6114, https://github.com/kysely-org/kysely/issues/1990
describe('a transaction whose BEGIN fails, since its connection died a moment ago', () => {
  /** The first connection that is taken dies on the way. */
  const dyingOnce = () => {
    let isFirst = true;
    const onReserveConnection = async (connection: DatabaseConnection) => {
      if (!isFirst) return;
      isFirst = false;
      const { rows } = await connection.executeQuery<{ pid: number }>(
        sql`select pg_backend_pid() as pid`.compile(compiler),
      );
      await kill(rows[0]?.pid as number);
    };
    return { onReserveConnection };
  };

  test('stock: given back, and maybe given out again', async () => {
    await using rig = stockRig(database.url, dyingOnce());
    await expect(rig.db.startTransaction().execute()).rejects.toThrow();
    expect(rig.busy()).toBe(0);
  });

  test('here: given back, and the next one is fine', async () => {
    await using rig = ownRig(database.url, dyingOnce());
    await expect(rig.db.startTransaction().execute()).rejects.toThrow();
    expect(rig.busy()).toBe(0);
    await managedTransaction(rig.db, (trx) => add(trx, 'b'));
  });
});
