import { inspect } from 'node:util';
import { CHANNELS, livePools } from '@lifeguard/core';
import type { LeakReport } from '@lifeguard/core';
import { allowLeaks } from '@lifeguard/testing';
import Cursor from 'pg-cursor';
import pg from 'pg';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, onTestFinished, test } from 'vitest';
import { rejectionOf, until, usePostgres } from '../../test/pool-fixture.ts';
import { QUICK, QUIET, stockPool, watchedPool } from '../../test/stock-pool.ts';
import { LifeguardPool } from '../lifeguard-pool.ts';
import { watchPool } from './watch-pool.ts';

const db = usePostgres();

test('who holds a client is known: where it was taken, what runs, and how the transaction stands', async () => {
  const { pool, watched } = watchedPool(db.url, { max: 2 });
  const client = await pool.connect();
  expect(watched.snapshot()).toMatchObject({
    used: 1,
    idle: 0,
    max: 2,
    leases: [
      { site: { file: expect.stringMatching(/watch-pool\.pg\.test\.ts$/) }, transaction: 'none', queries: 0 },
    ],
  });
  await client.query('begin');
  const sleep = client.query(`select pg_sleep(0.05), 'secret-literal'`);
  expect(watched.snapshot().leases).toMatchObject([
    { transaction: 'open', queryRunning: true, queries: 2, backendPid: expect.any(Number) },
  ]);
  await sleep;
  await rejectionOf(client.query('no sql'));
  await until('the server has said so', () => watched.snapshot().leases[0]?.transaction === 'failed');
  expect(watched.snapshot().leases[0]).toMatchObject({ queryRunning: false, lastQuery: 'no sql' });
  await client.query('rollback');
  client.release();
  expect(watched.snapshot()).toMatchObject({
    used: 0,
    idle: 1,
    leases: [],
    counters: { acquired: 1, released: 1 },
  });
  expect(JSON.stringify(watched)).not.toContain('secret');
});

test('the caller of query is named, not whoever gave the client back', async () => {
  const { pool, watched } = watchedPool(db.url, { max: 1 });
  const held = await pool.connect();
  async function impatient(): Promise<unknown> {
    return pool.query('select pg_sleep(0.05)');
  }
  const answer = impatient();
  expect(watched.snapshot()).toMatchObject({
    pending: 1,
    waiters: [{ site: { functionName: 'impatient' } }],
  });
  held.release();
  await until('it is granted', () => watched.snapshot().leases[0]?.site?.functionName === 'impatient');
  await answer;
  expect(watched.snapshot().waitTime.count).toBe(2);
  expect(watched.snapshot().useTime.count).toBe(2);
});

test('a leak is reported with evidence, and told on the diagnostics channel', async () => {
  allowLeaks();
  const { pool, watched } = watchedPool(db.url, { max: 1 }, { ...QUICK, name: 'orders' });
  const reports: LeakReport[] = [];
  const heard: unknown[] = [];
  const listener = (message: unknown): unknown => heard.push(message);
  subscribe(CHANNELS.leak, listener);
  onTestFinished(() => void unsubscribe(CHANNELS.leak, listener));
  watched.on('leak', (report) => reports.push(report));
  const client = await pool.connect();
  await client.query('begin');
  await until('it is reported', () => reports.length > 0);
  expect(reports[0]).toMatchObject({
    code: 'LG_LEAK_SUSPECTED',
    pool: 'orders',
    max: 1,
    used: 1,
    evidence: ['idle'],
  });
  expect(heard).toContain(reports[0]);
  expect(watched.diagnostics().recommendations.map(({ rule }) => rule)).toContain('leaking-site');
  client.release();
});

test('timeouts, failed connects and refusals are counted, and the caller gets what it would have got', async () => {
  const { pool, watched } = watchedPool(db.url, { max: 1, connectionTimeoutMillis: 50 });
  const held = await pool.connect();
  const timedOut = await rejectionOf(pool.connect());
  expect(timedOut.message).toBe('timeout exceeded when trying to connect');
  held.release();
  await pool.end();
  await rejectionOf(pool.connect());
  const nowhere = watchedPool('postgres://u:LgCanary9x@127.0.0.1:1/none', { max: 1 });
  const refused = await rejectionOf(nowhere.pool.query('select 1'));
  expect(refused.code).toBe('ECONNREFUSED');
  await until('it is closed', () => !watched.isAttached);
  expect(watched.snapshot().counters).toMatchObject({ timeouts: 1, connected: 1, closed: 1 });
  expect(nowhere.watched.snapshot()).toMatchObject({
    counters: { connectFailures: 1, acquired: 0 },
    lastConnectError: expect.stringContaining('ECONNREFUSED'),
  });
});

test('a pool is watched by one watcher, is announced while it lives, and is as before once detached', async () => {
  const pool = stockPool(db.url, { max: 1 });
  const names = Object.getOwnPropertyNames(pool);
  const watched = watchPool(pool, QUIET);
  expect(watchPool(pool, { name: 'other' })).toBe(watched);
  expect(watchPool(new Proxy(pool, {}))).toBe(watched);
  expect(livePools()).toContain(watched);
  const client = await pool.connect();
  const own = Object.getOwnPropertyNames(client);
  watched.detach();
  watched.detach();
  expect(livePools()).not.toContain(watched);
  expect(Object.getOwnPropertyNames(pool)).toEqual(names);
  expect(Object.getOwnPropertyNames(client)).toEqual(own.filter((name) => name !== 'query'));
  expect(
    (client as unknown as { connection: NodeJS.EventEmitter }).connection.listenerCount('readyForQuery'),
  ).toBe(1);
  client.release();
  await pool.query('select 1');
  expect(watched.snapshot().counters.acquired).toBe(1);
  expect(watchPool(pool, QUIET)).not.toBe(watched);
});

test('at the end of the pool its watcher is gone', async () => {
  const { pool, watched } = watchedPool(db.url);
  await pool.query('select 1');
  await pool.end();
  await until('it is detached', () => !watched.isAttached);
  expect(livePools()).not.toContain(watched);
  const unused = watchedPool(db.url);
  await unused.pool.end();
  expect(unused.watched.isAttached).toBe(false);
});

test('what was asked for before the watch ended, and came after, is nobody’s lease', async () => {
  const { pool, watched } = watchedPool(db.url, { max: 1 });
  const asking = pool.connect();
  expect(watched.snapshot().pending).toBe(1);
  watched.detach();
  expect(watched.snapshot().pending).toBe(0);
  const client = await asking;
  expect(Object.hasOwn(client, 'query')).toBe(false);
  client.release();
  expect(watched.snapshot()).toMatchObject({ leases: [], counters: { acquired: 0 } });
});

test('a client that was given back in the midst of a transaction is handed on in it, and shown so', async () => {
  const { pool, watched } = watchedPool(db.url, { max: 1 });
  const careless = await pool.connect();
  await careless.query('begin');
  careless.release();
  const next = await pool.connect();
  expect(watched.snapshot().leases).toMatchObject([{ transaction: 'open', queries: 0 }]);
  await next.query('rollback');
  expect(watched.snapshot().leases).toMatchObject([{ transaction: 'none' }]);
  next.release();
});

test('a pool that ends while it cannot connect is let go of', async () => {
  const { pool, watched } = watchedPool('postgres://nobody@127.0.0.1:1/none');
  const asking = expect(pool.connect()).rejects.toThrow('ECONNREFUSED');
  const ending = pool.end();
  await asking;
  await ending;
  await until('it is detached', () => !watched.isAttached);
});

test('a pool of ours is refused, and so is what is no pool', () => {
  const pool = db.makePool();
  expect(() => watchPool(pool)).toThrow('watchPool() cannot watch a LifeguardPool');
  expect(() => watchPool({} as pg.Pool)).toThrow('watchPool() cannot watch what is no pg.Pool');
  expect(pool).toBeInstanceOf(LifeguardPool);
});

test('callbacks, cursors and clients of before the watch work', async () => {
  const pool = stockPool(db.url, { max: 2 });
  const before = await pool.connect();
  const watched = watchPool(pool, QUIET);
  expect(watched.snapshot()).toMatchObject({ used: 1, leases: [] });
  const rows = await new Promise((resolve, reject) => {
    pool.connect((error, client, done) => {
      if (client === undefined) return reject(error);
      expect(done).toBe(client.release);
      const cursor = client.query(new Cursor('select generate_series(1, 3) as n'));
      expect(watched.snapshot().leases).toMatchObject([
        { queryRunning: true, lastQuery: expect.stringContaining('generate_series') },
      ]);
      cursor.read(2, (failure: Error | null | undefined, read: unknown[]) => {
        if (failure != null) return reject(failure);
        cursor.close(() => {
          done();
          resolve(read);
        });
      });
    });
  });
  expect(rows).toEqual([{ n: 1 }, { n: 2 }]);
  before.release();
  await pool.query('select 1');
  expect(watched.snapshot()).toMatchObject({ used: 0, counters: { acquired: 2, released: 2 } });
});

test('classes that extend pg.Pool are followed once, however they call each other', async () => {
  type Call = (...args: unknown[]) => unknown;
  const stock = pg.Pool.prototype.connect as Call;
  class Retrying extends pg.Pool {}
  Retrying.prototype.connect = function (this: pg.Pool, ...args: unknown[]): unknown {
    if (typeof args[0] === 'function') return Reflect.apply(stock, this, args);
    return new Promise((resolve, reject) => {
      this.connect((error, client) => (error === undefined ? resolve(client) : reject(error)));
    });
  } as never;
  class Later extends pg.Pool {}
  Later.prototype.connect = async function (this: pg.Pool, ...args: unknown[]): Promise<unknown> {
    await Promise.resolve();
    return Reflect.apply(stock, this, args);
  } as never;
  for (const Class of [Retrying, Later]) {
    const pool = new Class({ connectionString: db.url, max: 1 });
    const watched = watchPool(pool, QUIET);
    const client = await pool.connect();
    expect(watched.snapshot()).toMatchObject({
      used: 1,
      pending: 0,
      counters: { acquired: 1 },
      leases: [{}],
    });
    client.release();
    expect(watched.snapshot().leases).toEqual([]);
    await pool.end();
  }
});

test('a leak is taken back where that was allowed, and its holder may come back late', async () => {
  const { pool, watched } = watchedPool(db.url, { max: 1 }, { ...QUICK, allowReclaim: true });
  expect(watchedPool(db.url).watched.reclaim).toBeUndefined();
  const held = await new Promise<{ client: pg.PoolClient; done: (error?: Error) => void }>((resolve) => {
    pool.connect((_error, client, done) => resolve({ client: client as pg.PoolClient, done }));
  });
  await held.client.query('begin');
  const waiting = pool.query('select 1 as one');
  await until('it is taken back', () => watched.reclaim?.() === 1);
  expect((await waiting).rows).toEqual([{ one: 1 }]);
  held.done();
  held.client.release();
  expect(watched.snapshot().counters).toMatchObject({ revoked: 1, reclaimed: 1, returnedLate: 1, closed: 1 });
  expect((await rejectionOf(held.client.query('select 1'))).message).toContain('not queryable');
  const next = await pool.connect();
  next.release();
  expect(() => next.release()).toThrow('already been released');
});

test('neither the watcher nor its events show what a client knows', async () => {
  const { pool, watched } = watchedPool(db.url, { max: 1 });
  const told: unknown[] = [];
  for (const event of ['connect', 'acquire', 'release', 'close'] as const)
    watched.on(event, (payload) => told.push(payload));
  await pool.query(`select 'secret-literal', $1::text`, ['secret-parameter']);
  await pool.end();
  await until('all is told', () => told.length === 4);
  const shown = inspect([watched, told], { depth: 9 }) + JSON.stringify([watched, told]);
  expect(shown).not.toContain('secret');
  expect(shown).not.toContain('LgCanary9');
});
