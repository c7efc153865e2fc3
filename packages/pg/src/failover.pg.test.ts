import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectionInfo, startPostgres, startReplica } from '@lifeguard/testing';
import pg from 'pg';
import { expect, test } from 'vitest';
import { rejectionOf, until, usePostgres } from '../test/pool-fixture.ts';
import { TcpProxy } from '../test/tcp-proxy.ts';

const db = usePostgres();

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(sql);
  await client.end();
}

test('after a failover, one refused write moves the pool from the demoted primary to the new one', async () => {
  await using primary = await startPostgres();
  await using replica = await startReplica(primary);
  await execute(primary.url, 'create table written (n int)');
  await using proxy = new TcpProxy(primary.url);
  await proxy.open();
  const logged: string[] = [];
  const note = (_: object, text: string): void => void logged.push(text);
  const pool = db.makePool({ connectionString: proxy.url, max: 2, logger: { warn: note, error: note } });
  let demotions = 0;
  pool.on('demoted', () => (demotions += 1));
  const write = (): Promise<unknown> => pool.query('insert into written values (1)');
  await write();

  // The old primary comes back as a standby of the new one; the address still leads to it.
  await execute(primary.url, `alter system set primary_conninfo = '${connectionInfo(replica)}'`);
  await writeFile(join(primary.directory, 'data', 'standby.signal'), '');
  await primary.restart();
  await execute(replica.url, 'select pg_promote()');
  await until('the pool reads from the standby', async () => (await pool.query('select 1')).rowCount === 1);
  const held = await pool.lease();
  await pool.query('select 1');
  expect(pool.totalCount).toBe(2);

  proxy.leadTo(replica.url);
  expect((await rejectionOf(write())).code).toBe('25006');
  expect(demotions).toBe(1);
  await write();
  await write();
  expect(demotions).toBe(1);
  // A holder keeps what it has; it is replaced when it comes back.
  expect((await rejectionOf(held.query('insert into written values (3)'))).code).toBe('25006');
  held.release();
  await Promise.all([write(), write()]);
  expect(logged.join()).toContain('a standby has refused a write (25006)');
});

test('who asks for a transaction that only reads is refused, and keeps the connection', async () => {
  const pool = db.makePool({ max: 1 });
  const pid = async (): Promise<unknown> => (await pool.query('select pg_backend_pid() as pid')).rows[0].pid;
  await db.sql('create table only_read (n int)');
  const before = await pid();
  await using lease = await pool.lease();
  await lease.query('begin read only');
  expect((await rejectionOf(lease.query('insert into only_read values (1)'))).code).toBe('25006');
  await lease.query('rollback');
  lease.release();
  expect(await pid()).toBe(before);
});
