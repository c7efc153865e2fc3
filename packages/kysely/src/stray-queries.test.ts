import { Kysely } from 'kysely';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '@lifeguard/core/testing';
import { overFake, overSqlite } from '../test-support/managed.ts';
import type { Database } from '../test-support/managed.ts';
import { NodeSqliteDialect } from '../test-support/sqlite-dialect.ts';
import { guardDialect } from './guard-dialect.ts';
import type { GuardDialectOptions } from './guard-dialect.ts';
import { LifeguardDialect } from './lifeguard-dialect.ts';
import { managedTransaction } from './managed-transaction.ts';
import type { StrayQueryPolicy } from './stray-policy.ts';

const select = (db: Kysely<Database>) => db.selectFrom('person').selectAll().execute();

/** A guarded SQLite that Kysely does not put a lock of its own in front of, and what its logger was told. */
async function overGuarded(options: GuardDialectOptions = {}) {
  const told: string[] = [];
  const logger = { warn: (_: object, text: string) => void told.push(text), error: () => undefined };
  const inner = new NodeSqliteDialect({ pooled: true });
  const db = new Kysely<Database>({ dialect: guardDialect(inner, { logger, ...options }) });
  await db.schema.createTable('person').addColumn('name', 'text').execute();
  return { db, told, log: inner.driver.log };
}

describe('a warning', () => {
  test('comes once in the interval for each pair of places', async () => {
    const clock = new ManualClock();
    const { db, told } = await overGuarded({ clock, reportIntervalMs: 60_000 });
    const stray = () => managedTransaction(db, () => select(db));
    const elsewhere = () => managedTransaction(db, () => select(db));
    for (let i = 0; i < 3; i += 1) await stray();
    expect(told).toHaveLength(1);
    await elsewhere();
    expect(told).toHaveLength(2);
    await clock.advance(60_000);
    await stray();
    expect(told).toHaveLength(3);
  });

  test('goes to the logger of the pool', async () => {
    const told: object[] = [];
    const logger = { warn: (fields: object) => void told.push(fields), error: () => undefined };
    const { db } = overFake(undefined, { logger });
    await managedTransaction(db, { name: 'order' }, () => select(db));
    expect(told).toEqual([expect.objectContaining({ code: 'LG_STRAY_QUERY', transaction: 'order' })]);
  });

  test('that a logger throws at changes nothing', async () => {
    const logger = {
      warn: () => {
        throw new Error('logger');
      },
      error: () => undefined,
    };
    const { db } = await overGuarded({ logger });
    expect(await managedTransaction(db, () => select(db))).toEqual([]);
  });
});

test('a pool that forbids nested acquires forbids those that stray as well', async () => {
  const { db } = overFake(undefined, { nestedAcquire: 'error' });
  const run = managedTransaction(db, () => select(db));
  await expect(run).rejects.toMatchObject({ code: 'LG_NESTED_ACQUIRE' });
});

test('an error says which query strays from which transaction', async () => {
  const { db, log } = await overGuarded({ strayQueries: 'error' });
  const run = managedTransaction(db, { name: 'order' }, () => select(db));
  await expect(run).rejects.toMatchObject({
    name: 'LifeguardError [LG_STRAY_QUERY]',
    report: {
      transaction: 'order',
      site: { file: expect.stringMatching(/stray-queries\.test\.ts$/) as string },
      begunAt: { file: expect.stringMatching(/stray-queries\.test\.ts$/) as string },
    },
  });
  expect(log.slice(1)).toEqual(['begin', 'rollback']);
});

test('what joins is a savepoint, and never a second BEGIN', async () => {
  const { db, log } = await overGuarded({ strayQueries: 'join' });
  await managedTransaction(db, async () => {
    await db.transaction().execute(async (trx) => {
      await select(trx);
      await db.transaction().execute(select);
    });
    const failing = db.transaction().execute(() => Promise.reject(new Error('mine')));
    await expect(failing).rejects.toThrow('mine');
  });
  expect(log.slice(1).map((text) => text.replace(/ from .*/, ''))).toEqual([
    'begin',
    'savepoint "lifeguard_1"',
    'select *',
    'savepoint "lifeguard_2"',
    'select *',
    'release "lifeguard_2"',
    'release "lifeguard_1"',
    'savepoint "lifeguard_1"',
    'rollback to "lifeguard_1"',
    'release "lifeguard_1"',
    'commit',
  ]);
});

test('a dialect that serves several instances knows the queries of each', async () => {
  const dialect = guardDialect(new NodeSqliteDialect({ pooled: true }), { strayQueries: 'error' });
  const [one, two] = [new Kysely<Database>({ dialect }), new Kysely<Database>({ dialect })];
  for (const [db, other] of [
    [one, two],
    [two, one],
  ] as const) {
    const run = managedTransaction(db, () => select(other));
    await expect(run).rejects.toMatchObject({ code: 'LG_STRAY_QUERY' });
  }
});

describe('what cannot be chosen', () => {
  const wrong = 'no' as StrayQueryPolicy;

  test('is refused where it is named', async () => {
    const { db, pool } = overFake();
    const refused = expect.objectContaining({ code: 'LG_INVALID_OPTION' }) as Error;
    expect(() => new LifeguardDialect({ pool, strayQueries: wrong })).toThrow(refused);
    expect(() => guardDialect(new NodeSqliteDialect(), { strayQueries: wrong })).toThrow(refused);
    await expect(managedTransaction(db, { strayQueries: wrong }, () => 1)).rejects.toEqual(refused);
  });

  test('nothing but "off" and "warn" where nobody sees what strays', async () => {
    const { db } = await overSqlite();
    for (const strayQueries of ['error', 'join'] as const) {
      const run = managedTransaction(db, { strayQueries }, () => 1);
      await expect(run).rejects.toMatchObject({ code: 'LG_UNSUPPORTED' });
    }
    expect(await managedTransaction(db, { strayQueries: 'warn' }, () => 1)).toBe(1);
  });
});
