import { AsyncLocalStorage } from 'node:async_hooks';
import type { QueryResult } from 'pg';
import { expect, test } from 'vitest';
import { usePostgres } from '../test/pool-fixture.ts';

const db = usePostgres();
const context = new AsyncLocalStorage<string>();

test('the callback of a connect that waited runs in the context of its caller, not of who released', async () => {
  const pool = db.makePool({ max: 1 });
  const first = await pool.connect();
  const seen = new Promise<string | undefined>((resolve) => {
    context.run('waiter', () => {
      pool.connect((_error, client) => {
        client?.release();
        resolve(context.getStore());
      });
    });
  });
  context.run('releaser', () => first.release());
  expect(await seen).toBe('waiter');
});

test.each(['pool', 'client'])(
  'the callback of a query of a %s runs in the context of its caller',
  async (whose) => {
    const pool = db.makePool({ max: 1 });
    const client = await pool.connect();
    const seen = new Promise<string | undefined>((resolve) => {
      const tell = (_error: Error | null | undefined, _result: QueryResult): void =>
        resolve(context.getStore());
      context.run('caller', () => {
        if (whose === 'pool') pool.query('select 1', tell);
        else client.query('select 1', tell);
      });
    });
    if (whose === 'pool') client.release();
    expect(await seen).toBe('caller');
    if (whose === 'client') client.release();
  },
);

test('promises go on in the context of their caller', async () => {
  const pool = db.makePool({ max: 1 });
  const held = await pool.lease();
  const seen = context.run('caller', async () => {
    const client = await pool.connect();
    await client.query('select 1');
    client.release();
    return context.getStore();
  });
  context.run('releaser', () => held.release());
  expect(await seen).toBe('caller');
});

test('a connection does not keep the context of the caller for whom it was opened', async () => {
  const pool = db.makePool({ max: 1 });
  await context.run('first', () => pool.query('select 1'));
  const client = await pool.connect();
  const seen = new Promise((resolve) => {
    client.once('notice', () => resolve(context.getStore()));
  });
  await client.query(`do $$ begin raise notice 'hello'; end $$`);
  client.release();
  expect(await seen).toBeUndefined();
});

test('listeners of the pool do not run in the context of who caused the connect', async () => {
  const pool = db.makePool({ max: 1 });
  const seen: (string | undefined)[] = [];
  pool.on('connect', () => seen.push(context.getStore()));
  await context.run('first', () => pool.query('select 1'));
  expect(seen).toEqual([undefined]);
});
