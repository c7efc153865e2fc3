import { randomBytes } from 'node:crypto';
import { Session, runSession } from '@lifeguard/core';
import pg from 'pg';
import { expect, test } from 'vitest';
import { only, rejectionOf, usePostgres } from '../test/pool-fixture.ts';
import { TcpProxy } from '../test/tcp-proxy.ts';
import { WireLog } from '../test/wire-log.ts';
import type { ClientLease } from './client-lease.ts';
import type { LifeguardPoolOptions } from './pool-config.ts';
import { TRANSACTION_LIMITS, TransactionLimits } from './transaction-limits.ts';

const db = usePostgres();
const LIMITS = `select ${TRANSACTION_LIMITS.map((name) => `coalesce((select setting::int from pg_settings where name = '${name}'), 0) as ${name}`).join(', ')}`;
const NONE = { statement_timeout: 0, idle_in_transaction_session_timeout: 0, transaction_timeout: 0 };

/** The limits that a transaction of a 20 s session has on the server, in milliseconds. */
async function limitsOf(
  options: LifeguardPoolOptions,
  { timeoutMs = 20_000, before = '' } = {},
): Promise<Record<string, number>> {
  const pool = db.makePool({ max: 1, ...options });
  return runSession({ timeoutMs }, () =>
    pool.use(async (lease) => {
      if (before !== '') await lease.query(before);
      await lease.query('begin');
      const { rows } = await lease.query<Record<string, number>>(LIMITS);
      await lease.query('commit');
      return rows[0] ?? {};
    }),
  );
}

test('BEGIN in a session sets the limits of the server, a second after our own, and they end with the transaction', async () => {
  const pool = db.makePool({ max: 1 });
  await runSession({ timeoutMs: 20_000 }, () =>
    pool.use(async (lease) => {
      await lease.query('begin');
      const { rows } = await lease.query<Record<string, number>>(LIMITS);
      for (const limitMs of Object.values(rows[0] ?? {})) {
        expect(limitMs).toBeGreaterThan(19_000);
        expect(limitMs).toBeLessThanOrEqual(21_000);
      }
      await lease.query('commit');
      expect((await lease.query(LIMITS)).rows).toEqual([NONE]);
    }),
  );
});

test('the limits cost no round trip and no message', async () => {
  const log = new WireLog();
  await using proxy = new TcpProxy(db.url, log);
  await proxy.open();
  const counts: unknown[] = [];
  for (const serverLimits of [false, true]) {
    const pool = db.makePool({ connectionString: proxy.url, max: 1, serverLimits });
    await pool.query('select 1');
    log.clear();
    await runSession({ timeoutMs: 20_000 }, async () => {
      const client = await pool.connect();
      await client.query('begin');
      await client.query('select 1');
      await client.query('commit');
      client.release();
    });
    const [begin, ...others] = log.sent;
    expect(begin).toMatch(
      serverLimits ? /^begin; set local statement_timeout = \d+; set local idle_in.*= \d+; set/ : /^begin$/,
    );
    counts.push({ others, messages: log.sent.length, roundTrips: log.readyCount });
    await pool.close();
  }
  expect(counts).toEqual(
    Array.from({ length: 2 }, () => ({ others: ['select 1', 'commit'], messages: 3, roundTrips: 3 })),
  );
});

test('a connect costs one round trip more, and none without the options', async () => {
  const log = new WireLog();
  await using proxy = new TcpProxy(db.url, log);
  await proxy.open();
  const counts: number[] = [];
  for (const options of [{ serverLimits: false, connectionCheckMs: 0 }, {}]) {
    log.clear();
    const pool = db.makePool({ connectionString: proxy.url, max: 1, ...options });
    await pool.query('select 1');
    counts.push(log.readyCount);
    await pool.close();
  }
  expect(counts).toEqual([2, 3]);
});

type Call = (lease: ClientLease) => Promise<unknown>;

const withCallback =
  (query: unknown, values?: unknown): Call =>
  ({ client }) =>
    new Promise((resolve) => {
      const answer = (error: unknown, ...results: unknown[]): void => resolve([error ?? null, results]);
      if (values === undefined) client.query(query, answer);
      else client.query(query, values, answer);
    });
const withPromise =
  (query: unknown, values?: unknown): Call =>
  (lease) =>
    lease.client.query(query, values) as Promise<unknown>;

test.each([
  ['a text', withPromise('begin')],
  ['a text with a comment behind it', withPromise('begin -- why')],
  ['no parameters, as of Kysely', withPromise('start transaction isolation level serializable', [])],
  ['a query object, as of Prisma', withPromise({ text: 'BEGIN', values: [], rowMode: 'array' })],
  ['a callback', withCallback('begin;')],
  ['parameters and a callback', withCallback('begin', [])],
  ['a query object and a callback', withCallback({ text: 'begin work' })],
])('the caller gets what BEGIN alone gives, and the limits are set: %s', async (_form, call) => {
  const pool = db.makePool({ max: 1 });
  await using plain = await pool.lease();
  const alone = await call(plain);
  await plain.query('rollback');
  plain.release();
  await runSession({ timeoutMs: 20_000 }, () =>
    pool.use(async (lease) => {
      expect(await call(lease)).toEqual(alone);
      expect(lease.transaction).toBe('open');
      const { rows } = await lease.query(LIMITS);
      expect(only(rows, 'statement_timeout')).toBeGreaterThan(0);
      await lease.query('rollback');
    }),
  );
});

test.each([
  ['a named statement', withPromise({ name: 'b', text: 'begin' })],
  ['an extended query', withPromise({ text: 'begin', queryMode: 'extended' })],
])('what cannot take them goes as it is: %s', async (_form, call) => {
  const pool = db.makePool({ max: 1 });
  await runSession({ timeoutMs: 20_000 }, () =>
    pool.use(async (lease) => {
      await call(lease);
      expect((await lease.query(LIMITS)).rows).toEqual([NONE]);
      await lease.query('rollback');
    }),
  );
});

test('BEGIN inside a transaction changes none of its settings', async () => {
  const pool = db.makePool({ max: 1 });
  await runSession({ timeoutMs: 20_000 }, () =>
    pool.use(async (lease) => {
      await lease.query('begin');
      await lease.query('set local statement_timeout = 300');
      await lease.query('begin');
      const { rows } = await lease.query(LIMITS);
      expect(only(rows, 'statement_timeout')).toBe(300);
      await lease.query('rollback');
    }),
  );
});

test('the isolation level can still be chosen after BEGIN', async () => {
  const pool = db.makePool({ max: 1 });
  await runSession({ timeoutMs: 20_000 }, () =>
    pool.use(async (lease) => {
      await lease.query('begin');
      await lease.query('set transaction isolation level serializable');
      const { rows } = await lease.query('show transaction_isolation');
      expect(only(rows, 'transaction_isolation')).toBe('serializable');
      await lease.query('rollback');
    }),
  );
});

test('a BEGIN that the server refuses is refused as ever', async () => {
  const pool = db.makePool({ max: 1 });
  await runSession({ timeoutMs: 20_000 }, () =>
    pool.use(async (lease) => {
      await lease.query('begin');
      await rejectionOf(lease.query('select no_such_column'));
      expect((await rejectionOf(lease.query('begin'))).code).toBe('25P02');
      await lease.query('rollback');
      await lease.query('begin');
      await lease.query('rollback');
    }),
  );
});

test.each([
  ['from the connection options', { statement_timeout: 300 }],
  ['from a connection hook', { onConnect: (client) => client.query('set statement_timeout = 300') }],
] as [string, LifeguardPoolOptions][])('a stricter limit is never loosened: %s', async (_where, options) => {
  expect(await limitsOf(options)).toMatchObject({ statement_timeout: 300 });
});

test.each([
  'set statement_timeout = 300',
  "select set_config('statement_timeout', '300', false)",
  'SET SESSION STATEMENT_TIMEOUT TO 300; select 1',
])('a limit that a holder sets is not touched any more: %s', async (before) => {
  const limits = await limitsOf({}, { before });
  expect(limits).toMatchObject({ statement_timeout: 300 });
  expect(limits['idle_in_transaction_session_timeout']).toBeGreaterThan(0);
});

test.each(['show statement_timeout', "select 'statement_timeout'"])(
  'reading one changes nothing: %s',
  async (before) => {
    expect((await limitsOf({}, { before }))['statement_timeout']).toBeGreaterThan(0);
  },
);

test('after RESET ALL no limit is known, and none is set', async () => {
  expect(await limitsOf({}, { before: 'reset all' })).toEqual(NONE);
});

test.each([
  ['serverLimits is off', { serverLimits: false }, 20_000],
  ['queries are sent ahead', { pipeline: true }, 20_000],
  ['the session has no limit', {}, Infinity],
  ['the limit does not fit', {}, 2_147_483_000],
])('no limits are set when %s', async (_why, options, timeoutMs) => {
  expect(await limitsOf(options, { timeoutMs })).toEqual(NONE);
});

test('a session in one that has ended counts as the one around it', async () => {
  const pool = db.makePool({ max: 1 });
  await runSession({ timeoutMs: 20_000 }, async () => {
    const lease = await runSession({ timeoutMs: 10_000 }, () => pool.lease());
    await lease.query('begin');
    const { rows } = await lease.query(LIMITS);
    expect(only(rows, 'statement_timeout')).toBeGreaterThan(19_000);
    await lease.query('rollback');
    lease.release();
  });
});

test('a looser limit is shortened, although its timer runs already', async () => {
  const client = new pg.Client(db.url);
  client.on('error', () => undefined);
  await client.connect();
  const session = new Session({ timeoutMs: 50 }, undefined);
  const limits = new TransactionLimits();
  limits.learn({ transaction_timeout: 60_000 });
  await client.query(`set transaction_timeout = '60s'`);
  await client.query(`begin; ${limits.settingsFor(session)}`);
  expect(await rejectionOf(client.query('select pg_sleep(10)'))).toMatchObject({ code: '25P04' });
  await client.end();
});

test('a server that refuses to tell its settings is used without limits', async () => {
  const role = `no_settings_${randomBytes(4).toString('hex')}`;
  await db.sql(`create role ${role} login password 'x'`);
  await db.sql('revoke execute on function pg_catalog.current_setting(text, boolean) from public');
  try {
    const url = new URL(db.url);
    url.username = role;
    url.password = 'x';
    expect(await limitsOf({ connectionString: url.href })).toEqual(NONE);
  } finally {
    await db.sql(`drop role ${role}`);
  }
});
