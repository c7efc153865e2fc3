import { createDatabase } from '@lifeguard/testing';
import type { TestDatabase } from '@lifeguard/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { makeWorld, untilCode } from '../test/run-cli.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase(inject('databaseUrl'));
});
afterAll(() => database.drop());

test('a server is shown with who is connected, and its password nowhere', async () => {
  const { lifeguard } = makeWorld();
  const { stdout, stderr } = await lifeguard('server', database.url);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^PostgreSQL \d+.*\n {2}database ".+" as ".+"\n {2}\d+ client backends of \d+/);
  const json = await lifeguard('server', database.url, '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ schemaVersion: 1, missing: [] });
  const { password } = new URL(database.url);
  for (const text of [stdout, json.stdout]) if (password !== '') expect(text).not.toContain(password);
});

test('a server that cannot be reached ends with 3, without its password', async () => {
  const { lifeguard } = makeWorld();
  const { code, stdout, stderr } = await lifeguard('server', 'postgres://app:LgCanary9@127.0.0.1:1/shop');
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toContain('LG_CONNECT_FAILED');
  expect(stderr).not.toContain('LgCanary9');
});

test('who waits for a lock is shown above who holds it, and ends with 1', async () => {
  const { lifeguard } = makeWorld();
  const [holder, waiter] = [await connect('holder'), await connect('waiter')];
  await holder.query('create table ledger (id int)');
  await holder.query('begin; lock table ledger');
  const waiting = waiter.query('select id from ledger');
  const { stdout } = await untilCode(1, () => lifeguard('server', database.url));
  expect(stdout).toMatch(
    /1 backend waits for a lock\n {2}\d+ waits for \S+ for AccessShareLock on public\.ledger/,
  );
  expect(stdout).toMatch(/└─ \d+ "holder" idle in transaction, transaction open for /);
  await holder.query('rollback');
  await waiting;
});

test('an address that cannot be read ends with 64, and is not repeated', async () => {
  const { code, stderr } = await makeWorld().lifeguard('server', 'postgres://app:LgCanary9 x@db:port/shop');
  expect(code).toBe(64);
  expect(stderr).not.toContain('LgCanary9');
});

async function connect(name: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url, application_name: name });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}
