import { runSession } from '@lifeguard/core';
import { expect, test } from 'vitest';
import { only, usePostgres } from '../test/pool-fixture.ts';
import type { LifeguardPool } from './lifeguard-pool.ts';

const db = usePostgres();

const tenantOf = async (pool: LifeguardPool): Promise<unknown> =>
  only(
    (await pool.query(`select coalesce(current_setting('app.tenant', true), '') as tenant`)).rows,
    'tenant',
  );

test('by default what a holder sets stays with the connection, as in pg-pool', async () => {
  const pool = db.makePool({ max: 1 });
  await pool.query(`set app.tenant = 'acme'`);
  expect(await tenantOf(pool)).toBe('acme');
});

test.each([
  ['set', `set app.tenant = 'acme'`],
  ['set_config', `select set_config('app.tenant', 'acme', false)`],
])("with sessionState 'replace' the next holder does not see it: %s", async (_, sql) => {
  const pool = db.makePool({ max: 1, sessionState: 'replace' });
  await pool.query(sql);
  expect(await tenantOf(pool)).toBe('');
});

test('what the hooks of a connection set is its baseline, and stays', async () => {
  const onConnect = (client: { query(sql: string): unknown }) =>
    client.query(`set app.tenant = 'house'`) as Promise<void>;
  const pool = db.makePool({ max: 1, sessionState: 'replace', onConnect });
  expect([await tenantOf(pool), await tenantOf(pool)]).toEqual(['house', 'house']);
  await pool.query(`set app.tenant = 'acme'`);
  expect(await tenantOf(pool)).toBe('house');
  expect(pool.snapshot().counters.connected).toBe(2);
});

test('what ends with its transaction costs no connection, nor do our own limits', async () => {
  const pool = db.makePool({ max: 1, sessionState: 'replace' });
  await runSession({ timeoutMs: 5_000 }, () =>
    pool.use(async (lease) => {
      await lease.query('begin');
      await lease.query(`set local app.tenant = 'acme'`);
      await lease.query('commit');
    }),
  );
  expect(await tenantOf(pool)).toBe('');
  expect(pool.snapshot().counters.connected).toBe(1);
});

test('an advisory lock is free when its holder has given the connection back', async () => {
  const pool = db.makePool({ max: 1, sessionState: 'replace' });
  await pool.query('select pg_advisory_lock(7)');
  await pool.query('select 1');
  expect(await db.sql('select pg_try_advisory_lock(7) as free')).toEqual([{ free: true }]);
});
