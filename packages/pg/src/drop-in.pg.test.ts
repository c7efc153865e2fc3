import pg from 'pg';
import { expect, test } from 'vitest';
import { eventOf, rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';
import { LifeguardPool } from './lifeguard-pool.ts';
import { PG_POOL_TEXT } from './pg-pool-errors.ts';

const db = usePostgres();

test('it is a pg.Pool, and its class is called one', () => {
  const pool = db.makePool();
  expect(pool).toBeInstanceOf(pg.Pool);
  expect(pool.constructor.name).toContain('Pool');
});

test('the client is the same object at each checkout', async () => {
  const pool = db.makePool({ max: 1 });
  const first = await pool.connect();
  first.release();
  const second = await pool.connect();
  expect(second).toBe(first);
  second.release();
});

test('the counts are right at once after each call', async () => {
  const pool = db.makePool({ max: 1 });
  const counts = (): number[] => [pool.totalCount, pool.idleCount, pool.waitingCount];
  const first = pool.connect();
  expect(counts()).toEqual([1, 0, 0]);
  const second = pool.connect();
  expect(counts()).toEqual([1, 0, 1]);
  const client = await first;
  client.release();
  expect(counts()).toEqual([1, 0, 0]);
  (await second).release();
  expect(counts()).toEqual([1, 1, 0]);
});

test('connect, query and end take callbacks, and call them in a later tick', async () => {
  const pool = db.makePool();
  const seen: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const returned = pool.connect((error, client, done) => {
      if (error !== undefined || client === undefined) return reject(error ?? new Error('no client'));
      client.query('select 1 as one', (failure: Error | null, result: pg.QueryResult) => {
        expect(failure).toBeNull();
        seen.push(`client ${String(result.rows[0].one)}`);
        done();
        resolve();
      });
    });
    expect(returned).toBeUndefined();
    seen.push('called');
  });
  await new Promise<void>((resolve) => {
    pool.query('select $1::int as two', [2], (error: Error | undefined, result: pg.QueryResult) => {
      expect(error).toBeUndefined();
      seen.push(`pool ${String(result.rows[0].two)}`);
      resolve();
    });
  });
  await new Promise<void>((resolve) => {
    pool.end(() => resolve());
  });
  expect(seen).toEqual(['called', 'client 1', 'pool 2']);
  expect([pool.ending, pool.ended]).toEqual([true, true]);
});

test('a second release throws what pg-pool throws, and the next holder keeps the client', async () => {
  const pool = db.makePool({ max: 1 });
  const first = await pool.connect();
  const { release } = first as unknown as { release: () => void };
  release();
  expect(release).toThrow(PG_POOL_TEXT.releasedTwice);
  const next = await pool.connect();
  expect(release).toThrow(PG_POOL_TEXT.releasedTwice);
  expect(pool.snapshot().used).toBe(1);
  next.release();
});

test.each(['as an option', 'as the second argument'])('a class of clients can be given %s', async (way) => {
  class OwnClient extends pg.Client {}
  const own =
    way === 'as an option'
      ? new LifeguardPool({ connectionString: db.url, Client: OwnClient })
      : new LifeguardPool({ connectionString: db.url }, OwnClient);
  const client = await own.connect();
  expect(client).toBeInstanceOf(OwnClient);
  client.release();
  await own.end();
});

test('events come in the order of pg-pool, with its arguments', async () => {
  const pool = db.makePool();
  const told: [string, unknown][] = [];
  for (const event of ['connect', 'acquire', 'release', 'remove', 'error']) {
    pool.on(event, (...payload: unknown[]) => void told.push([event, payload[event === 'release' ? 1 : 0]]));
  }
  const client = await pool.connect();
  told.push(['granted', client]);
  const failure = new Error('enough of it');
  const reasons: unknown[] = [];
  pool.once('release', (reason: unknown) => void reasons.push(reason));
  client.release(failure);
  await until('the client is removed', () => told.length === 5);
  expect(told.map(([event]) => event)).toEqual(['connect', 'acquire', 'granted', 'release', 'remove']);
  expect(told.every(([, subject]) => subject === client)).toBe(true);
  expect(reasons).toEqual([failure]);
});

test('closing idle connections is no error of the pool', async () => {
  const pool = db.makePool({ idleTimeoutMillis: 1 });
  const errors: unknown[] = [];
  pool.on('error', (error) => errors.push(error));
  await pool.query('select 1');
  await eventOf(pool, 'remove');
  await pool.query('select 1');
  await pool.end();
  expect(errors).toEqual([]);
});

test('end serves who waits already, turns newcomers away, and is an error the second time', async () => {
  const pool = db.makePool({ max: 1 });
  const answers = [1, 2, 3].map((n) => pool.query('select $1::int as n', [n]));
  const ended = pool.end();
  await expect(pool.end()).rejects.toThrow(PG_POOL_TEXT.endedTwice);
  await expect(pool.connect()).rejects.toThrow(PG_POOL_TEXT.ended);
  expect((await rejectionOf(pool.lease())).code).toBe('LG_POOL_CLOSED');
  expect((await Promise.all(answers)).map(({ rows }) => rows[0])).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  await ended;
  await expect(pool.query('select 1')).rejects.toThrow(PG_POOL_TEXT.ended);
});

test('a statement that fails leaves its connection in the pool', async () => {
  const pool = db.makePool({ max: 1 });
  const pid = async (): Promise<unknown> => (await pool.query('select pg_backend_pid() as pid')).rows[0].pid;
  const before = await pid();
  for (let n = 0; n < 20; n += 1)
    expect((await rejectionOf(pool.query('select no_such_column'))).code).toBe('42703');
  expect(await pid()).toBe(before);
  expect(pool.snapshot().counters.connected).toBe(1);
});

test('the stack of a failed statement leads to who awaits it', async () => {
  const pool = db.makePool();
  async function askedHere(): Promise<void> {
    await pool.query('select no_such_column');
  }
  expect((await rejectionOf(askedHere())).stack).toContain('askedHere');
});

test('a function as the first argument of query is an error, told later', async () => {
  const pool = db.makePool();
  const query = pool.query.bind(pool) as unknown as (callback: (error: Error) => void) => void;
  const error = await new Promise<Error>((resolve) => query(resolve));
  expect(error.message).toBe(PG_POOL_TEXT.functionAsQuery);
});

test('what a callback throws is uncaught, and not a rejection that nobody sees', async () => {
  const pool = db.makePool();
  const uncaught = new Promise<Error>((resolve) => {
    const former = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => {
      for (const listener of former) process.on('uncaughtException', listener);
      resolve(error);
    });
  });
  pool.connect((_error, client) => {
    client?.release();
    throw new Error('thrown in a callback');
  });
  expect((await uncaught).message).toBe('thrown in a callback');
});

test('an option of the pool that pg does not know has our name', async () => {
  const pool = db.makePool({ name: 'orders', size: 3, max: 7 });
  expect(pool.name).toBe('orders');
  expect(pool.snapshot()).toMatchObject({ name: 'orders', size: 3, max: 3 });
});

test('a pool and a lease are given back by await using', async () => {
  const pool = new LifeguardPool({ connectionString: db.url });
  {
    await using own = pool;
    await using lease = await own.lease();
    const { rows } = await lease.query<{ one: number }>('select 1 as one');
    expect(rows).toEqual([{ one: 1 }]);
    expect(own.snapshot().used).toBe(1);
  }
  expect(pool.ended).toBe(true);
  expect(pool.snapshot()).toMatchObject({ used: 0, idle: 0, closing: 0 });
});
