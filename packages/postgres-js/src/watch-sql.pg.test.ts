import { inspect } from 'node:util';
import { runSession } from '@lifeguard/core';
import type { LeakReport } from '@lifeguard/core';
import { allowLeaks } from '@lifeguard/testing';
import { usePostgres } from '@lifeguard/testing/vitest';
import { sql as drizzleSql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { describe, expect, test } from 'vitest';
import { QUICK, rejectionOf, until, watchedSql } from '../test/watched-sql.ts';

const db = usePostgres();
const here = { file: expect.stringMatching(/watch-sql\.pg\.test\.ts$/) };

describe('whoever holds a connection is known', () => {
  test('in a transaction: from its BEGIN to its COMMIT, with what runs', async () => {
    const { sql, watched } = watchedSql(db.url, { max: 2 });
    const answer = await sql.begin(async function order(tx) {
      expect(watched.snapshot()).toMatchObject({
        used: 1,
        pending: 0,
        max: 2,
        leases: [
          {
            site: here,
            transaction: 'open',
            queryRunning: false,
            backendPid: expect.any(Number),
            queries: 1,
          },
        ],
      });
      const sleep = tx`select pg_sleep(0.05), 'secret-literal', ${'secret-value'}::text`.execute();
      await until('it runs', () => watched.snapshot().leases[0]?.queryRunning === true);
      expect(watched.snapshot().leases[0]?.lastQuery).toBe('select pg_sleep(?), ?, $1::text');
      await sleep;
      await rejectionOf(tx.savepoint((inner) => inner`no sql`));
      expect(watched.snapshot().leases).toMatchObject([{ transaction: 'open', queryRunning: false }]);
      return 'done';
    });
    expect(answer).toBe('done');
    expect(watched.snapshot()).toMatchObject({
      used: 0,
      idle: 1,
      leases: [],
      counters: { acquired: 1, released: 1, connected: 1 },
    });
    expect(JSON.stringify(watched) + inspect(watched, { depth: 9 })).not.toContain('secret');
  });

  test('by reserve, until it is released', async () => {
    const { sql, watched } = watchedSql(db.url, { max: 2 });
    async function keeper() {
      return sql.reserve();
    }
    const reserved = await keeper();
    expect(watched.snapshot()).toMatchObject({ used: 1, leases: [{ site: { functionName: 'keeper' } }] });
    await reserved`begin`;
    await rejectionOf(reserved`select ${'x'}::int`);
    expect(watched.snapshot().leases).toMatchObject([
      { transaction: 'failed', queries: 2, backendPid: expect.any(Number), lastQuery: 'select $1::int' },
    ]);
    await reserved`rollback`;
    expect(watched.snapshot().leases).toMatchObject([{ transaction: 'none' }]);
    reserved.release();
    reserved.release();
    expect(watched.snapshot()).toMatchObject({ used: 0, leases: [], counters: { acquired: 1, released: 1 } });
  });

  test('by a single query, from its turn to its answer; by the line with the template', async () => {
    const { sql, watched } = watchedSql(db.url, { max: 1 });
    async function impatient() {
      return sql`select pg_sleep(0.05)`;
    }
    const answers = [impatient(), sql.unsafe('select 1'), sql`select ${2}::int`];
    const all = Promise.all(answers);
    await until('it runs', () => watched.glance().used === 1);
    expect(watched.snapshot()).toMatchObject({
      used: 1,
      pending: 2,
      leases: [
        { site: { ...here, functionName: 'impatient' }, queryRunning: true, lastQuery: 'select pg_sleep(?)' },
      ],
      waiters: [{ site: here }, { site: here }],
    });
    await all;
    expect(watched.snapshot()).toMatchObject({ used: 0, pending: 0, counters: { acquired: 3, released: 3 } });
    expect(watched.snapshot().waitTime.count).toBe(3);
    expect(watched.snapshot().useTime.count).toBe(3);
  });

  test('within the session that runs', async () => {
    const { sql, watched } = watchedSql(db.url, { max: 1 });
    await runSession({ name: 'report' }, async () => {
      const answer = sql`select pg_sleep(0.05)`.execute();
      await until('it runs', () => watched.glance().used === 1);
      expect(watched.snapshot().leases[0]?.session?.name).toBe('report');
      await answer;
    });
  });

  test('through Drizzle, whose transactions are those of postgres.js', async () => {
    const { sql, watched } = watchedSql(db.url, { max: 1 });
    const orm = drizzle({ client: sql });
    await orm.transaction(async (tx) => {
      await tx.execute(drizzleSql`select ${1}::int`);
      await tx.transaction((inner) => inner.execute(drizzleSql`select 2`));
      expect(watched.snapshot().leases).toMatchObject([{ transaction: 'open', site: here }]);
    });
    expect(await orm.execute(drizzleSql`select 3 as n`)).toMatchObject([{ n: 3 }]);
    expect(watched.snapshot()).toMatchObject({ used: 0, counters: { acquired: 2, released: 2 } });
  });
});

describe('what goes wrong is told', () => {
  test('a connection that was reserved and never released is a leak, and named by its line', async () => {
    allowLeaks();
    const { sql, watched } = watchedSql(db.url, { max: 1 }, { ...QUICK, name: 'orders' });
    const reports: LeakReport[] = [];
    watched.on('leak', (report) => reports.push(report));
    async function forgetful() {
      const reserved = await sql.reserve();
      await reserved`begin`;
    }
    await forgetful();
    await until('it is reported', () => reports.length > 0);
    expect(reports[0]).toMatchObject({
      code: 'LG_LEAK_SUSPECTED',
      pool: 'orders',
      max: 1,
      used: 1,
      evidence: ['idle'],
      lease: { site: { ...here, functionName: 'forgetful' }, transaction: 'open', lastQuery: 'begin' },
    });
    expect(watched.diagnostics().recommendations.map(({ rule }) => rule)).toContain('leaking-site');
  });

  test('a callback of begin that never comes to its end is one as well, with its last statement', async () => {
    allowLeaks();
    const { sql, watched } = watchedSql(db.url, { max: 1 }, QUICK);
    const reports: LeakReport[] = [];
    watched.on('leak', (report) => reports.push(report));
    const { promise, resolve } = Promise.withResolvers<void>();
    const hung = sql.begin(async (tx) => {
      await tx`select ${1}::int`;
      await promise;
    });
    await until('it is reported', () => reports.length > 0);
    expect(reports[0]).toMatchObject({
      lease: { site: here, transaction: 'open', lastQuery: 'select $1::int' },
    });
    // A statement that waits for it is not lent anything, and has waited since it was started.
    const waiting = sql`select 2`.execute();
    await until('it waits', () => watched.snapshot().waiters.length === 1);
    expect(watched.snapshot()).toMatchObject({ used: 1, pending: 1, waiters: [{ site: here }] });
    resolve();
    await hung;
    await waiting;
    expect(watched.snapshot()).toMatchObject({ used: 0, pending: 0, counters: { returnedLate: 1 } });
  });

  test('a cursor that nobody reads on is idle, and keeps its connection', async () => {
    allowLeaks();
    const { sql, watched } = watchedSql(db.url, { max: 1 }, QUICK);
    const reports: LeakReport[] = [];
    watched.on('leak', (report) => reports.push(report));
    for await (const [row] of sql`select n from generate_series(1, 3) n`.cursor(1)) {
      expect(watched.snapshot()).toMatchObject({
        leases: [{ site: here, queryRunning: false, queries: row?.['n'] }],
      });
      if (row?.['n'] !== 2) continue;
      await until('it is reported', () => reports.length > 0);
      break;
    }
    await sql`select 1`;
    expect(reports[0]).toMatchObject({ evidence: ['idle'], lease: { site: here } });
    expect(watched.snapshot()).toMatchObject({ used: 0, counters: { acquired: 2, released: 2 } });
  });

  test('a reserved connection that is closed is held by nobody, released or not', async () => {
    const { sql, watched } = watchedSql(db.url, { max: 2 });
    const reserved = await sql.reserve();
    const [{ pid } = {}] = await reserved`select pg_backend_pid() pid`;
    expect(watched.snapshot()).toMatchObject({ used: 1, leases: [{ backendPid: pid }] });
    await sql`select pg_terminate_backend(${pid as number})`;
    await until('it is noticed', () => watched.glance().used === 0);
    expect(watched.snapshot()).toMatchObject({
      leases: [],
      counters: { connected: 2, closed: 1, released: 2 },
    });
  });

  test('COPY holds its connection to its end, not only until there is a stream', async () => {
    const { sql, watched } = watchedSql(db.url, { max: 1 });
    await sql`create table copied (n int)`;
    const stream = await sql`copy copied from stdin`.writable();
    expect(watched.snapshot()).toMatchObject({ used: 1 });
    stream.write('1\n');
    const done = new Promise((resolve) => stream.once('finish', resolve));
    stream.end();
    await done;
    await until('it is over', () => watched.glance().used === 0);
    expect(await sql`select n from copied`).toEqual([{ n: 1 }]);
  });

  test('who could not connect, who came too late, and a connection that has died', async () => {
    const nowhere = watchedSql('postgres://u:LgCanary9x@127.0.0.1:1/none', { max: 1 });
    const calls = [
      () => nowhere.sql`select 1`,
      () => nowhere.sql.begin(() => 1),
      () => nowhere.sql.reserve(),
    ];
    for (const call of calls) expect((await rejectionOf(call())).code).toBe('ECONNREFUSED');
    expect(nowhere.watched.snapshot()).toMatchObject({
      pending: 0,
      counters: { connectFailures: 3, acquired: 0 },
      lastConnectError: expect.stringContaining('ECONNREFUSED'),
    });
    const { sql, watched } = watchedSql(db.url, { max: 2 });
    const error = await rejectionOf(
      sql.begin(async (tx) => {
        const [{ pid }] = (await tx`select pg_backend_pid() pid`) as unknown as [{ pid: number }];
        await sql`select pg_terminate_backend(${pid})`;
        await new Promise(() => undefined);
      }),
    );
    expect(error.code).toBe('CONNECTION_CLOSED');
    // The answer to the other connection may come a moment later.
    await expect
      .poll(() => watched.snapshot())
      .toMatchObject({ used: 0, counters: { connected: 2, closed: 1 } });
    await sql.end();
    expect((await rejectionOf(sql`select 1`)).code).toBe('CONNECTION_ENDED');
    expect(watched.isAttached).toBe(false);
    expect(watched.snapshot()).toMatchObject({ state: 'closed', used: 0, idle: 0 });
  });
});
