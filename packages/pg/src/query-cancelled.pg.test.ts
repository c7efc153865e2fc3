import { QueryCancelledError, runSession } from '@lifeguard/core';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { expect, test } from 'vitest';
import { rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';
import { explainError } from './explain-error.ts';
import type { LifeguardPool } from './lifeguard-pool.ts';
import type { LifeguardPoolOptions } from './pool-config.ts';

const db = usePostgres();
const SLOW = `select pg_sleep(60), 'secret'`;
const LIMITED: LifeguardPoolOptions = { max: 1, statement_timeout: 100 };

/** As a server that speaks another language: with what the message says nobody can be helped. */
const MUTE: LifeguardPoolOptions = {
  onConnect: (client) => {
    client.connection?.prependListener('errorMessage', (error: Error) => {
      error.message = 'annulation de la requête';
    });
  },
};

/** Runs `SLOW` in each of the ways there are. */
const WAYS: Readonly<Record<string, (pool: LifeguardPool) => Promise<unknown>>> = {
  'a lease': (pool) => pool.use((lease) => lease.query(SLOW)),
  'a client': async (pool) => {
    const client = await pool.connect();
    return client.query(SLOW).finally(() => client.release());
  },
  'a callback': async (pool) => {
    const client = await pool.connect();
    const { promise, reject } = Promise.withResolvers<never>();
    client.query(SLOW, (error: Error) => reject(error));
    return promise.finally(() => client.release());
  },
  'pool.query': (pool) => pool.query(SLOW),
  'pool.query with a callback': (pool) => {
    const { promise, reject } = Promise.withResolvers<never>();
    pool.query(SLOW, (error: Error) => reject(error));
    return promise;
  },
  'a cursor': (pool) => pool.use((lease) => lease.query(new Cursor(SLOW)).read(1)),
  'a transaction of a session': (pool) =>
    runSession({ timeoutMs: 20_000 }, () =>
      pool.use(async (lease) => {
        await lease.query('begin');
        return lease.query(SLOW);
      }),
    ),
};

async function backendRunning(pool: LifeguardPool): Promise<unknown> {
  let pid: unknown;
  await until('it runs', async () => {
    const found = (await db.backendsOf(pool)).find(
      ({ state, query }) => state === 'active' && query === SLOW,
    );
    pid = found?.['pid'];
    return pid !== undefined;
  });
  return pid;
}

test.each(Object.entries(WAYS))('a statement stopped by statement_timeout: %s', async (_way, run) => {
  for (const options of [LIMITED, { ...LIMITED, ...MUTE }]) {
    const error = await rejectionOf(run(db.makePool(options)));
    expect(error).toBeInstanceOf(pg.DatabaseError);
    expect(error.code).toBe('57014');
    const explained = explainError(error);
    expect(explained).toMatchObject({
      code: 'LG_QUERY_CANCELLED',
      by: 'server',
      sqlState: '57014',
      cause: error,
    });
    expect(explained?.message).toMatch(/query-cancelled\.pg\.test\.ts:\d+/);
    expect(explained?.message).not.toContain('secret');
  }
});

test.each(Object.entries(WAYS))('a statement stopped by pg_cancel_backend: %s', async (_way, run) => {
  for (const options of [{}, MUTE]) {
    const pool = db.makePool({ max: 1, ...options });
    const running = rejectionOf(run(pool));
    await db.sql('select pg_cancel_backend($1)', [await backendRunning(pool)]);
    const error = await running;
    expect(error.code).toBe('57014');
    expect(explainError(error)).toMatchObject({ by: 'operator' });
  }
});

test.each([{}, MUTE])('a statement stopped by cancel() of its lease, %j', async (options) => {
  const pool = db.makePool({ max: 1, ...options });
  await using lease = await pool.lease();
  const running = rejectionOf(lease.query(SLOW));
  const behind = lease.query('select 1 as one');
  await backendRunning(pool);
  await lease.cancel();
  const error = await running;
  const explained = explainError(error);
  expect(error).toBeInstanceOf(pg.DatabaseError);
  expect(explained).toBeInstanceOf(QueryCancelledError);
  expect(explained).toMatchObject({ by: 'lifeguard', cause: error });
  expect((await behind).rows).toEqual([{ one: 1 }]);
});

test('a cancel does not take the blame for what is stopped after it', async () => {
  const pool = db.makePool({ max: 1, ...MUTE });
  await using lease = await pool.lease();
  const first = rejectionOf(lease.query(SLOW));
  await backendRunning(pool);
  await lease.cancel();
  await first;
  const second = rejectionOf(lease.query(SLOW));
  await db.sql('select pg_cancel_backend($1)', [await backendRunning(pool)]);
  expect(explainError(await second)).toMatchObject({ by: 'operator' });
});

test('the explanation does not show in what the error looks like', async () => {
  const error = await rejectionOf(db.makePool(LIMITED).query(SLOW));
  expect(Object.keys(error)).toEqual(Object.keys(await rejectionOf(db.sql('select no_such_column'))));
  expect(JSON.stringify(error)).not.toContain('LG_');
});

test('other errors of the server have no explanation, nor has a COPY that ends with the same code', async () => {
  const pool = db.makePool({ max: 2, lock_timeout: 50 });
  await db.sql('create table locked (n int)');
  await using holder = await pool.lease();
  await holder.query('begin; lock table locked');
  const errors = [
    await rejectionOf(pool.query('select * from locked')),
    await rejectionOf(pool.query('select no_such_column')),
    await rejectionOf(pool.query('create temp table copied (n int); copy copied from stdin')),
  ];
  await holder.query('rollback');
  expect(errors.map(({ code }) => code)).toEqual(['55P03', '42703', '57014']);
  expect(errors.map(explainError)).toEqual([undefined, undefined, undefined]);
});
