import { LifeguardPool } from '@lifeguard/pg';
import makeKnex from 'knex';
import type { Knex } from 'knex';
import { expect, it, onTestFinished } from 'vitest';
import { rejectionOf, useDatabase } from '../test/rig.ts';
import { managedTransaction } from './knex.ts';

const database = useDatabase();

function open(): Knex {
  const pool = new LifeguardPool({ connectionString: database.url(), max: 2 });
  onTestFinished(() => pool.end());
  return makeKnex({ client: 'pg', connectionPool: pool } as Knex.Config);
}

it('a callback of Knex that rolls back by itself has its result, and nothing is kept', async () => {
  const result = await managedTransaction(open(), async (trx) => {
    await trx('kept').insert({ name: 'a' });
    await trx.rollback();
    return 'result';
  });
  expect(result).toBe('result');
  expect(await database.kept()).toEqual([]);
});

it('a builder that a callback of Knex returns is run in the transaction, within its deadline', async () => {
  const knex = open();
  await managedTransaction(knex, { timeoutMs: 5_000 }, (trx) => trx('kept').insert({ name: 'a' }));
  expect(await database.kept()).toEqual(['a']);
  const slow = managedTransaction(knex, { timeoutMs: 200 }, (trx) => trx.raw('select pg_sleep(30)'));
  expect(await rejectionOf(slow)).toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
});

it('savepoints of Knex in its other forms work as ever inside a callback', async () => {
  await managedTransaction(open(), async (trx) => {
    await trx.transaction((inner) => {
      inner('kept').insert({ name: 'by hand' }).then(inner.commit, inner.rollback);
    });
    const controlled = await trx.transaction();
    await controlled('kept').insert({ name: 'undone' });
    await managedTransaction(controlled, (inner) => inner('kept').insert({ name: 'undone as well' }));
    await controlled.rollback();
    await trx.savepoint((inner) => inner('kept').insert({ name: 'savepoint' }));
  });
  expect(await database.kept()).toEqual(['by hand', 'savepoint']);
});
