import { execFile } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import pg from 'pg';
import { expect, test } from 'vitest';
import { eventOf, rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';
import { TcpProxy } from '../test/tcp-proxy.ts';
import { explainError } from './explain-error.ts';

const db = usePostgres();
const kill = (pid: number | undefined): Promise<unknown> => db.sql('select pg_terminate_backend($1)', [pid]);

test('no death of a backend ends the process, though nobody listens', async () => {
  const program = join(import.meta.dirname, '..', 'test', 'dying-backends.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--unhandled-rejections=strict', program, db.url],
    {
      timeout: 15_000,
    },
  );
  expect(stdout).toBe('57P01\nsurvived\n');
});

test('an idle connection that dies is an error of the pool, with its client, and leaves at once', async () => {
  const pool = db.makePool({ max: 1 });
  const lease = await pool.lease();
  const { client, processID } = lease;
  lease.release();
  const told = eventOf(pool, 'error');
  await kill(processID);
  expect(await told).toEqual([expect.objectContaining({ code: '57P01', client }), client]);
  expect([pool.totalCount, pool.idleCount]).toEqual([0, 0]);
  await pool.query('select 1');
});

test('a leased connection that dies frees its slot before it is released', async () => {
  const pool = db.makePool({ max: 1 });
  const errors: unknown[] = [];
  pool.on('error', (error) => errors.push(error));
  const lease = await pool.lease();
  const waiting = pool.query('select 1 as one');
  await kill(lease.processID);
  expect((await waiting).rows).toEqual([{ one: 1 }]);
  expect(lease.isOpen).toBe(false);
  expect(await rejectionOf(lease.query('select 1'))).toMatchObject({
    code: 'LG_CONNECTION_LOST',
    cause: { code: '57P01' },
  });
  lease.release();
  expect(pool.snapshot()).toMatchObject({ used: 0, idle: 1 });
  expect(errors).toEqual([]);
});

test('what a dead connection rejects its queries with is explained, as the driver’s own errors', async () => {
  await using proxy = new TcpProxy(db.url);
  await proxy.open();
  const pool = db.makePool({ max: 1, connectionString: proxy.url });
  const killed = await pool.lease();
  const first = rejectionOf(killed.query('select pg_sleep(60)'));
  await until('it runs', async () => (await db.backendsOf(pool)).some(({ state }) => state === 'active'));
  await kill(killed.processID);
  const terminated = await first;
  expect(terminated).toMatchObject({ code: '57P01' });
  expect(explainError(terminated)).toMatchObject({ code: 'LG_CONNECTION_LOST', cause: terminated });
  killed.release();

  const cut = await pool.lease();
  const second = rejectionOf(cut.query('select pg_sleep(60)'));
  await until('it runs', async () => (await db.backendsOf(pool)).some(({ state }) => state === 'active'));
  await proxy.cut();
  const broken = await second;
  expect(explainError(broken)?.message).toMatch(/lease #\d+ .*died/);
  expect(explainError(broken)).toMatchObject({ code: 'LG_CONNECTION_LOST', cause: broken });
  cut.release();
});

test('a query whose backend dies rejects with the error of the server', async () => {
  const pool = db.makePool({ max: 1 });
  const lease = await pool.lease();
  const query = rejectionOf(lease.query('select pg_sleep(60)'));
  await until('it runs', async () => (await db.backendsOf(pool)).some(({ state }) => state === 'active'));
  await kill(lease.processID);
  expect((await query).code).toBe('57P01');
  await until('the slot is free', () => pool.snapshot().used === 0);
  lease.release();
  await pool.query('select 1');
});

test('a statement whose connection was reset is stopped on the server before another one is opened', async () => {
  await using proxy = new TcpProxy(db.url);
  await proxy.open();
  // So that it is not the server that finds out.
  const pool = db.makePool({ connectionString: proxy.url, max: 1, connectionCheckMs: 0 });
  let lost = 0;
  pool.on('lost', () => (lost += 1));
  const lease = await pool.lease();
  const query = rejectionOf(lease.query('select pg_sleep(60)'));
  await until('it runs', async () => (await db.backendsOf(pool)).some(({ state }) => state === 'active'));
  proxy.resetClients();
  expect((await query).code).toBe('ECONNRESET');
  await pool.query('select 1');
  expect((await db.backendsOf(pool)).filter(({ state }) => state === 'active')).toEqual([]);
  // Its side of the connection was open still: until the new one had ended it, nobody had seen it go.
  expect(lost).toBe(1);
  expect(pool.snapshot()).toMatchObject({ used: 0, lost: 0 });
  lease.release();
});

test('the next connection ends the backends of those that have gone dark', async () => {
  await using proxy = new TcpProxy(db.url);
  await proxy.open();
  const pool = db.makePool({ connectionString: proxy.url, max: 2, closeTimeoutMs: 100 });
  for (let outage = 0; outage < 3; outage += 1) {
    const leases = await Promise.all([pool.lease(), pool.lease()]);
    proxy.pause();
    for (const lease of leases) lease.destroy();
    await until('they count as lost', () => pool.snapshot().lost === 2);
    await pool.query('select 1');
    expect(pool.snapshot().lost).toBe(0);
    await until('their backends are gone', async () => (await db.backendsOf(pool)).length <= 1);
  }
});

test('a client whose holder reports an error by itself is closed', async () => {
  const pool = db.makePool({ max: 1 });
  const client = await pool.connect();
  client.emit('error', new Error('of the holder'));
  expect(pool.totalCount).toBe(0);
  client.release();
  await until('its backend is gone', async () => (await db.backendsOf(pool)).length === 0);
});

test.each(['idle', 'leased'])(
  'a holder that removes all listeners does not make us deaf: %s',
  async (state) => {
    const pool = db.makePool({ max: 1 });
    const lease = await pool.lease();
    const { client, processID } = lease;
    client.removeAllListeners();
    if (state === 'idle') lease.release();
    await kill(processID);
    await until('the connection has left', () => pool.totalCount === 0);
    lease.release();
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  },
);

test('a client that cannot say goodbye crashes nothing', async () => {
  class Mute extends pg.Client {
    isMute = false;
    override end(callback?: (error: Error) => void): Promise<void> {
      if (this.isMute) throw new Error('no goodbye');
      return callback === undefined ? super.end() : (super.end(callback) as unknown as Promise<void>);
    }
  }
  const pool = db.makePool({ max: 1, Client: Mute });
  const lease = await pool.lease();
  const client = lease.client as unknown as Mute;
  client.isMute = true;
  await db.sql('select pg_terminate_backend($1)', [lease.processID]);
  await until('it is over', () => !lease.isOpen);
  client.isMute = false;
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});
