import { expect, test } from 'vitest';
import { only, rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';

const db = usePostgres();

test('onConnect runs once on each new connection, before anybody gets it', async () => {
  const told: string[] = [];
  const pool = db.makePool({
    max: 1,
    onConnect: async (client) => {
      await client.query(`set search_path to hooked`);
      told.push('onConnect');
    },
  });
  for (let n = 0; n < 2; n += 1) {
    const { rows } = await pool.query('show search_path');
    told.push(only(rows, 'search_path'));
  }
  expect(told).toEqual(['onConnect', 'hooked', 'hooked']);
});

test('an un-awaited SET of a connect listener is done before the first grant', async () => {
  const pool = db.makePool({ max: 1 });
  pool.on('connect', (client) => {
    void client.query('select pg_sleep(0.05)');
    void client.query(`set statement_timeout = '77s'`);
  });
  await using lease = await pool.lease();
  const [first] = pool.snapshot().leases;
  expect(first).toMatchObject({ queries: 0, queryRunning: false });
  const { rows } = await lease.query('show statement_timeout');
  expect(only(rows, 'statement_timeout')).toBe('77s');
});

test.each([
  [
    'throws',
    () => {
      throw new Error('bad hook');
    },
  ],
  ['rejects', () => Promise.reject(new Error('bad hook'))],
])('an onConnect that %s closes the connection; the caller gets its error', async (_way, onConnect) => {
  const pool = db.makePool({ onConnect, connectionTimeoutMillis: 0 });
  expect((await rejectionOf(pool.connect())).message).toBe('bad hook');
  expect(pool.totalCount).toBe(0);
  await until('the connection is closed', async () => (await db.backendsOf(pool)).length === 0);
});

test('an onConnect that fails once delays its caller and no more', async () => {
  let calls = 0;
  const pool = db.makePool({
    onConnect: () => {
      calls += 1;
      if (calls === 1) throw new Error('not yet');
    },
  });
  await pool.query('select 1');
  expect(calls).toBe(2);
});

test('an onConnect that hangs is given up, and its connection is closed', async () => {
  const pool = db.makePool({
    onConnect: () => new Promise<void>(() => undefined),
    connectTimeoutMs: 50,
    acquireTimeoutMs: 120,
  });
  const error = await rejectionOf(pool.lease());
  expect(error.code).toMatch(/^LG_CONNECT_/);
  await until('the slot is free', () => pool.snapshot().closing === 0 && pool.totalCount === 0);
  await until('no backend is left', async () => (await db.backendsOf(pool)).length === 0);
});

test('a connection that dies while onConnect works is a failed connect, at once', async () => {
  const pool = db.makePool({
    connectionTimeoutMillis: 0,
    onConnect: async (client) => {
      await db.sql('select pg_terminate_backend($1)', [client.processID]);
      await new Promise<void>(() => undefined);
    },
  });
  expect((await rejectionOf(pool.connect())).code).toBe('57P01');
  expect(pool.totalCount).toBe(0);
});

test('verify can refuse a connection', async () => {
  const pool = db.makePool({
    verify: (_client, callback) => callback(new Error('not this one')),
    connectionTimeoutMillis: 0,
  });
  expect((await rejectionOf(pool.query('select 1'))).message).toBe('not this one');
  await until('no backend is left', async () => (await db.backendsOf(pool)).length === 0);
});

test('a listener that throws or rejects is reported, and stops neither the pool nor other listeners', async () => {
  const pool = db.makePool();
  const warnings: string[] = [];
  const collect = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', collect);
  const told: string[] = [];
  try {
    for (const event of ['connect', 'acquire', 'release', 'remove']) {
      pool.on(event, () => {
        throw new Error(`thrown in ${event}`);
      });
      pool.on(event, () => Promise.reject(new Error(`rejected in ${event}`)));
      pool.on(event, () => void told.push(event));
    }
    const client = await pool.connect();
    await client.query('select 1');
    client.release(true);
    await until('everything is told', () => told.length === 4 && warnings.length === 8);
  } finally {
    process.off('warning', collect);
  }
  expect(told).toEqual(['connect', 'acquire', 'release', 'remove']);
  expect(warnings).toContain('a listener of "acquire" failed: thrown in acquire');
  expect(warnings).toContain('a listener of "connect" failed: rejected in connect');
});
