import { createDatabase } from '@lifeguard/testing';
import type { TestDatabase } from '@lifeguard/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { makeWorld, until } from '../test/run-cli.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase(inject('databaseUrl'));
});
afterAll(() => database.drop());

test('a leak is taken back, dead connections are replaced, and the server has none of either left', async () => {
  const { lifeguard, forgetful } = makeWorld();
  const { backends } = await forgetful(database.url);
  const observer = new pg.Client({ connectionString: database.url });
  await observer.connect();
  onTestFinished(() => observer.end());
  const left = async (): Promise<number> => {
    const sql = 'select 1 from pg_stat_activity where pid = any($1) and datname = current_database()';
    return (await observer.query(sql, [backends])).rows.length;
  };
  expect(new Set(backends).size).toBe(7);

  const found = await until(
    () => lifeguard('health-check'),
    ({ stdout }) => stdout.includes('1. reclaim main'),
  );
  expect(found.code).toBeGreaterThan(0);
  expect(found.stdout).toContain('3 idle connections turned out to be dead');
  expect(found.stdout).toContain('2. evict main: idle connections did not answer when they were to be used');
  const fixed = await lifeguard('health-check', '--fix', '--yes');
  expect(fixed.stderr).toBe(
    'done: reclaim of pool main (1)\n' +
      'done: evict of pool main; those that were found dead before count for some minutes more\n',
  );
  expect(fixed.stdout).toMatch(/\npool main: .*warning.*, suspected leaks 1 → 0, in use 1 → 0, pending 0\n$/);
  expect(fixed.code).toBe(1);
  await until(left, (count) => count === 0);
  const after = await lifeguard('status', '--json');
  expect(JSON.parse(after.stdout)).toMatchObject({ pools: [{ used: 0, pending: 0 }] });
});
