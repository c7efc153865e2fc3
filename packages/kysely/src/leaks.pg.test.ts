import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { DatabaseConnection } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { formatLeakReport } from '@lifeguard/core';
import type { LeakReport } from '@lifeguard/core';
import { backendPid, createTables, ownRig, stockRig, until } from '../test-support/postgres.ts';
import { managedTransaction } from './managed-transaction.ts';
import { managedSession } from './managed-session.ts';
import { openSession } from './open-session.ts';

/*
 * How connections are lost in Kysely 0.29.9 over pg.Pool, and what becomes of them here. The stock half of each pair is
 * there to tell when Kysely has changed.
 */

/** Looks often, and records every stack, whatever that costs. */
const WATCHFUL = { leakThresholdMs: 30, monitorIntervalMs: 10, stacks: { mode: 'always' } } as const;

let database: Awaited<ReturnType<typeof createTables>>;
beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
afterAll(() => database.drop());

const kill = (pid: number) => database.admin.query('select pg_terminate_backend($1)', [pid]);
const backends = async (state: string) => {
  const text = `select count(*)::int as n from pg_stat_activity where datname = current_database() and state like $1 and pid <> pg_backend_pid()`;
  return (await database.admin.query<{ n: number }>(text, [state])).rows[0]?.n;
};

describe.each(['onCreateConnection', 'onReserveConnection'] as const)('%s throws', (hook) => {
  const failOnce = () => {
    const calls: DatabaseConnection[] = [];
    const run = async (connection: DatabaseConnection) => {
      calls.push(connection);
      if (calls.length === 1) throw new Error('hook failed');
    };
    return { hooks: { [hook]: run }, calls };
  };

  test('stock: the client is never released (PostgresDriver.acquireConnection)', async () => {
    await using rig = stockRig(database.url, failOnce().hooks);
    await expect(sql`select 1`.execute(rig.db)).rejects.toThrow('hook failed');
    expect(rig.busy()).toBe(1);
  });

  test('here: the connection is closed, and the next one gets the hook', async () => {
    const { hooks, calls } = failOnce();
    await using rig = ownRig(database.url, hooks);
    await expect(sql`select 1`.execute(rig.db)).rejects.toThrow('hook failed');
    expect(rig.busy()).toBe(0);
    await sql`select 1`.execute(rig.db);
    expect(calls).toHaveLength(2);
    await until(() => rig.connections() === 1, 'the first connection is closed');
  });
});

test('onCreateConnection runs once for each physical connection, onReserveConnection each time', async () => {
  const counts = { create: 0, reserve: 0 };
  const hooks = {
    onCreateConnection: async (connection: DatabaseConnection) => {
      counts.create += 1;
      await connection.executeQuery(sql`select 1`.compile(rig.db));
    },
    onReserveConnection: async () => {
      counts.reserve += 1;
    },
  };
  await using rig = ownRig(database.url, hooks);
  for (let i = 0; i < 3; i += 1) await sql`select 1`.execute(rig.db);
  expect(counts).toEqual({ create: 1, reserve: 3 });
});

// https://github.com/kysely-org/kysely/issues/1990
describe('a controlled transaction whose socket dies before commit', () => {
  test('stock: held until the caller also rolls back (kysely 0.29.x)', async () => {
    await using rig = stockRig(database.url);
    const trx = await rig.db.startTransaction().execute();
    await kill(await backendPid(trx));
    await expect(trx.commit().execute()).rejects.toThrow();
    expect(rig.busy()).toBe(1);
    await expect(trx.rollback().execute()).rejects.toThrow();
    expect(rig.busy()).toBe(0);
  });

  test('here: free at once', async () => {
    await using rig = ownRig(database.url);
    const trx = await rig.db.startTransaction().execute();
    await kill(await backendPid(trx));
    await expect(trx.commit().execute()).rejects.toThrow();
    await until(() => rig.busy() === 0, 'the connection is free');
    await expect(trx.rollback().execute()).rejects.toMatchObject({ code: 'LG_CONNECTION_LOST' });
  });
});

describe('a transaction that is never finished', () => {
  test('stock: held for ever, and nobody is told', async () => {
    await using rig = stockRig(database.url);
    await rig.db.startTransaction().execute();
    await sleep(100);
    expect(rig.busy()).toBe(1);
  });

  test('here: reported with the line that began it', async () => {
    await using rig = ownRig(database.url, {}, WATCHFUL);
    const report = nextLeak(rig.pool);
    await sql`select 1`.execute(rig.db);
    await rig.db.startTransaction().execute();
    expect(formatLeakReport(await report)).toMatch(
      /acquired +\S*leaks\.pg\.test\.ts:\d+[^]*idle in transaction/,
    );
  });

  test('here, in a session: rolled back when the session is left', async () => {
    await using rig = ownRig(database.url);
    {
      await using session = await openSession(rig.db);
      const trx = await session.db.startTransaction().execute();
      await trx.insertInto('person').values({ name: 'never' }).execute();
    }
    expect(rig.busy()).toBe(0);
    await until(
      async () => (await backends('idle in transaction')) === 0,
      'the server has ended the transaction',
    );
    expect(await rig.db.selectFrom('person').selectAll().where('name', '=', 'never').execute()).toEqual([]);
  });
});

// Foreseen in the review of https://github.com/kysely-org/kysely/pull/106
describe('a stream that is abandoned after its first row', () => {
  const open = async (db: Parameters<typeof backendPid>[0]) => {
    await db.selectFrom(sql<{ n: number }>`generate_series(1, 1000)`.as('n')).selectAll().stream(1).next();
  };

  test('stock: held for ever', async () => {
    await using rig = stockRig(database.url);
    await open(rig.db);
    await sleep(100);
    expect(rig.busy()).toBe(1);
  });

  test('here: reported', async () => {
    await using rig = ownRig(database.url, {}, WATCHFUL);
    const report = nextLeak(rig.pool);
    await sql`select 1`.execute(rig.db);
    await open(rig.db);
    expect((await report).lease.site?.file).toMatch(/leaks\.pg\.test\.ts$/);
  });

  test('here, in a session: closed when the session is left, or at its deadline', async () => {
    await using rig = ownRig(database.url);
    {
      await using session = await openSession(rig.db);
      await open(session.db);
      expect(rig.busy()).toBe(1);
    }
    expect(rig.busy()).toBe(0);
    const run = managedSession(rig.db, { timeoutMs: 50 }, async (db) => {
      await open(db);
      await sleep(10_000, undefined, { ref: false });
    });
    await expect(run).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    expect(rig.busy()).toBe(0);
  });
});

describe('a wait for a connection that is aborted', () => {
  const exhaust = async (rig: ReturnType<typeof stockRig>) => {
    const trx = await rig.db.startTransaction().execute();
    const controller = new AbortController();
    const waiting = sql`select 1`.execute(rig.db, { signal: controller.signal });
    const rejected = expect(waiting).rejects.toThrow('gone');
    await sleep(10);
    controller.abort(new Error('gone'));
    await rejected;
    return trx;
  };

  test('stock: stays in the queue', async () => {
    await using rig = stockRig(database.url, {}, { max: 1 });
    const trx = await exhaust(rig);
    await trx.rollback().execute();
  });

  test('here: leaves the queue, without a word on the console', async () => {
    const console_ = vi.spyOn(console, 'error').mockReturnValue(undefined);
    await using rig = ownRig(database.url, {}, { max: 1 });
    const trx = await exhaust(rig);
    expect(rig.pool.snapshot().pending).toBe(0);
    await trx.rollback().execute();
    await sleep(10);
    expect(console_).not.toHaveBeenCalled();
    console_.mockRestore();
  });
});

describe('a connection given back inside a transaction that was begun as SQL', () => {
  const leaveOpen = (rig: ReturnType<typeof stockRig>) =>
    rig.db.connection().execute(async (bound) => {
      await sql`begin`.execute(bound);
      await bound.insertInto('person').values({ name: 'dirty' }).execute();
    });
  const status = async (rig: ReturnType<typeof stockRig>) => {
    const query = sql<{ count: number }>`select count(*)::int as count from person where name = 'dirty'`;
    return (await query.execute(rig.db)).rows[0]?.count;
  };

  test('stock: the next borrower is in it (pg-pool)', async () => {
    await using rig = stockRig(database.url, {}, { max: 1 });
    await leaveOpen(rig);
    expect(await status(rig)).toBe(1);
  });

  test('here: it is rolled back first', async () => {
    await using rig = ownRig(database.url, {}, { max: 1 });
    await leaveOpen(rig);
    expect(await status(rig)).toBe(0);
  });
});

test('a handle that was kept is refused, although the connection serves somebody else by now', async () => {
  await using rig = ownRig(database.url, {}, { max: 1 });
  let kept: DatabaseConnection | undefined;
  await rig.db.getExecutor().provideConnection(async (connection) => {
    kept = connection;
  });
  const late = kept?.executeQuery(sql`select 1`.compile(rig.db));
  await expect(late).rejects.toMatchObject({ code: 'LG_LEASE_RELEASED' });
});

describe('a report names the line of the application', () => {
  const hold = sql`select pg_sleep(0.15)`;

  test.each<[string, (db: Parameters<typeof backendPid>[0]) => Promise<unknown>]>([
    ['a query', (db) => hold.execute(db)],
    ['a query builder', (db) => db.selectNoFrom(sql`pg_sleep(0.15)`.as('x')).executeTakeFirstOrThrow()],
    ['a transaction', (db) => db.transaction().execute((trx) => hold.execute(trx))],
    ['connection()', (db) => db.connection().execute((bound) => hold.execute(bound))],
    ['managedTransaction()', (db) => managedTransaction(db, (trx) => hold.execute(trx))],
    ['a second try', (db) => twice(db)],
    ['managedSession()', (db) => managedSession(db, (inner) => hold.execute(inner))],
    ['a pinned session', (db) => managedSession(db, { pinned: true }, (inner) => hold.execute(inner))],
  ])('%s', async (_what, run) => {
    await using rig = ownRig(database.url, {}, WATCHFUL);
    const reports: LeakReport[] = [];
    rig.pool.on('leak', (leak: LeakReport) => reports.push(leak));
    // On a busy machine a look at the leases may come too late for the first one.
    while (reports.length === 0) await run(rig.db);
    const lease = reports[0]?.lease;
    expect(lease?.site?.file).toMatch(/leaks\.pg\.test\.ts$/);
    expect(lease?.backendPid).toBeGreaterThan(0);
  });

  const twice = (db: Parameters<typeof backendPid>[0]) => {
    let tries = 0;
    return managedTransaction(db, { retry: { limit: 1, baseMs: 1 } }, async (trx) => {
      tries += 1;
      if (tries === 1) throw Object.assign(new Error('conflict'), { code: '40001' });
      await hold.execute(trx);
    });
  };
});

/** The next report of a lease that runs nothing; a slow query on a busy machine is none. */
function nextLeak(pool: {
  on(event: 'leak', listener: (report: LeakReport) => void): unknown;
}): Promise<LeakReport> {
  return new Promise((resolve) => {
    pool.on('leak', (report) => {
      if (report.code === 'LG_LEAK_SUSPECTED') resolve(report);
    });
  });
}
