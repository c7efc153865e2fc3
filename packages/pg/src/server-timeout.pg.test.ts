import { ServerTimeoutError } from '@lifeguard/core';
import pg from 'pg';
import { expect, test } from 'vitest';
import { rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';
import { explainError } from './explain-error.ts';
import type { LifeguardPool } from './lifeguard-pool.ts';

const db = usePostgres();

/** A pool whose connections have a limit of 100 ms. */
function poolWith(setting: string): LifeguardPool {
  return db.makePool({
    max: 1,
    onConnect: (client) => client.query(`set ${setting} = 100`) as Promise<void>,
  });
}

const slotIsFree = (pool: LifeguardPool): Promise<void> =>
  until('the slot is free', () => pool.snapshot().used === 0);

test.each([
  ['idle_in_transaction_session_timeout', '25P03', 'ran no query'],
  ['transaction_timeout', '25P04', 'took longer'],
  ['idle_session_timeout', '57P05', 'ran no query'],
])('a lease that %s ends says so, at once and ever after', async (setting, sqlState, likely) => {
  const pool = poolWith(setting);
  const lease = await pool.lease();
  if (setting !== 'idle_session_timeout') await lease.query('begin');
  await slotIsFree(pool);
  for (const call of [lease.query('select 1'), lease.query('rollback')]) {
    const error = await rejectionOf(call);
    expect(error).toMatchObject({ code: 'LG_SERVER_TIMEOUT', setting, sqlState, cause: { code: sqlState } });
    expect(error.message).toContain(likely);
    expect(error.message).toMatch(/server-timeout\.pg\.test\.ts:\d+/);
  }
  lease.release();
  await pool.query('select 1');
});

test.each(['idle_in_transaction_session_timeout', 'transaction_timeout', 'idle_session_timeout'])(
  'through the interface of pg.Pool the process survives %s, and the client says why it is of no use',
  async (setting) => {
    const pool = poolWith(setting);
    const client = await pool.connect();
    if (setting !== 'idle_session_timeout') await client.query('begin');
    await slotIsFree(pool);
    expect(await rejectionOf(client.query('select 1'))).toMatchObject({ code: 'LG_SERVER_TIMEOUT', setting });
    const heard = new Promise((resolve) => {
      client.query('commit', resolve);
    });
    expect(await heard).toMatchObject({ code: 'LG_SERVER_TIMEOUT', setting });
    client.release();
    await pool.query('select 1');
  },
);

test('a statement under way rejects with the error of the server, explained; what follows it with ours', async () => {
  const pool = poolWith('transaction_timeout');
  const client = await pool.connect();
  await client.query('begin');
  const running = rejectionOf(client.query('select pg_sleep(60)'));
  const error = await running;
  expect(error).toBeInstanceOf(pg.DatabaseError);
  expect(error.code).toBe('25P04');
  const explained = explainError(error);
  expect(explained).toBeInstanceOf(ServerTimeoutError);
  expect(explained).toMatchObject({ setting: 'transaction_timeout', cause: error });
  // At once, although its socket may still be open.
  expect((await rejectionOf(client.query('select 1'))).code).toBe('LG_SERVER_TIMEOUT');
  client.release();
});

test('an idle connection that the server ends is replaced, and told as the error that it was', async () => {
  const pool = poolWith('idle_session_timeout');
  const errors: unknown[] = [];
  pool.on('error', (error) => errors.push(error));
  await pool.query('select 1');
  await until('it has left', () => pool.totalCount === 0);
  expect(errors).toEqual([expect.objectContaining({ code: '57P05' })]);
  expect(explainError(errors[0])).toMatchObject({
    code: 'LG_SERVER_TIMEOUT',
    setting: 'idle_session_timeout',
  });
  await pool.query('select 1');
});

test('a listener of the report may end the lease that the server has ended', async () => {
  const pool = poolWith('idle_in_transaction_session_timeout');
  const lease = await pool.lease();
  pool.on('leak', () => lease.destroy());
  await lease.query('begin');
  await until('it is over', () => !lease.isOpen);
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});
