import { expect, test } from 'vitest';
import { until, usePostgres } from '../test/pool-fixture.ts';

const db = usePostgres();

/** Backends of this pool, as the server counts them. */
async function countBackends(name: string): Promise<number> {
  return (await db.sql(`select 1 from pg_stat_activity where application_name like $1`, [`${name} %`]))
    .length;
}

test('a pool that is made larger under load serves those who wait, and the server sees as many backends', async () => {
  const pool = db.makePool({ max: 1, application_name: 'grows' });
  const sleeping = [1, 2, 3].map(() => pool.query('select pg_sleep(0.3)'));
  await until('one is served', async () => (await countBackends('grows')) === 1 && pool.waitingCount === 2);
  pool.resize({ size: 3 });
  await until('all are served', async () => (await countBackends('grows')) === 3);
  expect(pool.options.max).toBe(3);
  await Promise.all(sleeping);
});

test('a pool that is made smaller ends no query, and the server sees fewer backends when those have ended', async () => {
  const pool = db.makePool({ max: 3, application_name: 'shrinks' });
  const sleeping = [1, 2, 3].map(
    async () => (await pool.query('select pg_sleep(0.3), 1 as one')).rows[0].one,
  );
  await until('all run', async () => (await countBackends('shrinks')) === 3);
  pool.resize({ size: 1 });
  expect(await Promise.all(sleeping)).toEqual([1, 1, 1]);
  await until('two are closed', async () => (await countBackends('shrinks')) === 1);
  expect(pool.snapshot()).toMatchObject({ size: 1, max: 1, counters: { revoked: 0 } });
});

test('the limit of the pool is where others look for it', () => {
  expect(db.makePool({ size: 4, maxOverflow: 2 }).options.max).toBe(6);
  expect(db.makePool().options.max).toBe(10);
});
