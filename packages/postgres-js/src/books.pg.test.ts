// What is told of many callers at once adds up, and agrees with the server.

import { seededRandom } from '@lifeguard/core/adapter';
import { usePostgres } from '@lifeguard/testing/vitest';
import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { until, watchedSql } from '../test/watched-sql.ts';

const db = usePostgres();
const MAX = 3;

/** Not with undefined values: among many callers postgres.js itself loses queries by them. */
const CALLS: readonly ((sql: postgres.Sql) => Promise<unknown>)[] = [
  (sql) => sql`select ${1}::int`,
  (sql) => sql`select pg_sleep(0.002)`,
  (sql) => sql`no sql`,
  (sql) => sql.unsafe('select 1; select 2'),
  (sql) => sql.unsafe('select $1::text', ['x'], { prepare: true }),
  (sql) => sql.begin((tx) => [tx`select 1`, tx`select ${2}::int`]),
  (sql) => sql.begin((tx) => tx.savepoint((inner) => inner`no sql`)),
  (sql) => sql.begin('read only', async (tx) => void (await tx`select pg_sleep(0.002)`)),
  (sql) => sql.begin('no option', () => 1),
  (sql) =>
    sql.begin(() => {
      throw new Error('of the application');
    }),
  async (sql) => {
    const reserved = await sql.reserve();
    try {
      await Promise.all([reserved`select 1`, reserved`select 2`]);
    } finally {
      reserved.release();
    }
  },
  async (sql) => {
    for await (const rows of sql`select n from generate_series(1, 9) n`.cursor(2)) if (rows.length > 1) break;
  },
  (sql) => sql`select n from generate_series(1, 9) n`.cursor(4, () => undefined),
  (sql) => sql`select n from generate_series(1, 9) n`.forEach(() => undefined),
  (sql) => sql`select 1`.describe(),
];

test.each([1, 2, 3, 4, 5])('of callers of all kinds, by seed %i', async (seed) => {
  const { sql, watched } = watchedSql(db.url, { max: MAX });
  const random = seededRandom(seed);
  let most = 0;
  watched.on('acquire', () => {
    most = Math.max(most, watched.glance().used);
  });
  const callers = Array.from({ length: 60 }, async () => {
    for (let n = 0; n < 8; n += 1) {
      const call = CALLS[Math.floor(random.next() * CALLS.length)] as (typeof CALLS)[number];
      await call(sql).catch(() => undefined);
    }
  });
  await Promise.all(callers);
  await until('all is given back', () => watched.glance().used === 0);
  expect(most).toBe(MAX);
  const { counters, pending, idle } = watched.snapshot();
  expect({ pending, idle }).toEqual({ pending: 0, idle: MAX });
  expect(counters.released).toBe(counters.acquired);
  expect(counters).toMatchObject({ connected: MAX, closed: 0, connectFailures: 0, timeouts: 0 });
  const { application_name: name } = sql.options.connection;
  const rows = await sql`select from pg_stat_activity where application_name = ${name as string}`;
  expect(rows.count).toBe(MAX);
});
