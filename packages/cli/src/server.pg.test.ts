import { createDatabase } from '@lifeguard/testing';
import type { TestDatabase } from '@lifeguard/testing';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { makeWorld } from '../test/run-cli.ts';

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
