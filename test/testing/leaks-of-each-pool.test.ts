import { lifeguard, managedTransaction } from '@lifeguard/kysely';
import { LifeguardPool, watchPool } from '@lifeguard/pg';
import { LeakedLeasesError, expectNoLeaks } from '@lifeguard/testing';
import type { TrackedPool } from '@lifeguard/testing';
import { usePostgres } from '@lifeguard/testing/vitest';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../support/until.ts';

const database = usePostgres();
const QUIET = { warn: () => undefined, error: () => undefined };

/** What a block fails with that does this with a pool. */
async function failureOf(pool: TrackedPool, body: () => Promise<unknown>): Promise<LeakedLeasesError> {
  const block = expectNoLeaks(pool);
  await body();
  const failure: unknown = await block[Symbol.asyncDispose]().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof LeakedLeasesError) return failure;
  throw new Error('it does not leak', { cause: failure });
}

function makePool(): LifeguardPool {
  const pool = new LifeguardPool({
    connectionString: database.url,
    max: 1,
    name: 'orders',
    stacks: { mode: 'off' },
    logger: QUIET,
  });
  onTestFinished(async () => {
    await pool.close({ drainMs: 0 });
  });
  return pool;
}

test('a client of pg.Pool’s interface: it is said what it has done, and its connection is replaced', async () => {
  const pool = makePool();
  const failure = await failureOf(pool, async () => {
    const client = await pool.connect();
    await client.query('begin');
    await client.query(`select 'secret-7'`);
  });
  expect(failure.message).toMatch(/acquired {2}test\/testing\/leaks-of-each-pool\.test\.ts:\d+/);
  expect(failure.message).toMatch(/doing {5}idle in transaction, last: select \?, for .* \(server pid \d+\)/);
  expect(failure.message).not.toContain('secret-7');
  expect(failure.stack).toMatch(/\n {4}at .*leaks-of-each-pool\.test\.ts:\d+:\d+\)$/m);
  // It has one connection.
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('a query that is never awaited, of the pool itself', async () => {
  const pool = makePool();
  let running: Promise<unknown> | undefined;
  const failure = await failureOf(pool, () => {
    running = pool.query('select pg_sleep(60)').catch((error: unknown) => error);
    return until('it runs', () => pool.snapshot().used === 1);
  });
  expect(failure.message).toContain('doing     active: select pg_sleep(?)');
  expect(await running).toMatchObject({ code: 'LG_LEASE_REVOKED' });
});

test('one that is watched only: it is reported, and stays with its holder', async () => {
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const guard = lifeguard(db, { name: 'watched', logger: QUIET });
  const { promise: released, resolve: letGo } = Promise.withResolvers<void>();
  let holding: Promise<unknown> | undefined;
  const failure = await failureOf(guard.watch, async () => {
    const { promise: held, resolve: hold } = Promise.withResolvers<void>();
    holding = db.connection().execute(async (one) => {
      await sql`select 1`.execute(one);
      hold();
      await released;
    });
    await held;
  });
  expect(failure.leases).toMatchObject([{ pool: 'watched', queries: 1, site: expect.anything() }]);
  expect(guard.watch.tracker.used).toBe(1);
  letGo();
  await holding;
  await db.destroy();
});

test('a plain pg.Pool that is watched: its client is closed where that is allowed, and left where it is not', async () => {
  for (const allowReclaim of [true, false]) {
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    using watched = watchPool(pool, { name: 'plain', allowReclaim, logger: QUIET });
    let client: pg.PoolClient | undefined;
    const failure = await failureOf(watched, async () => {
      client = await pool.connect();
      await client.query('begin');
    });
    expect(failure.message).toMatch(/acquired {2}test\/testing\/leaks-of-each-pool\.test\.ts:\d+/);
    expect(failure.message).toContain('idle in transaction');
    expect(pool.totalCount).toBe(allowReclaim ? 0 : 1);
    // Late by now, or in time.
    client?.release();
    await pool.end();
  }
});

test('a transaction that is managed gives back what it takes', async () => {
  const pool = makePool();
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  await using _ = expectNoLeaks(pool);
  await managedTransaction(db, (trx) => sql`select 1`.execute(trx));
});
