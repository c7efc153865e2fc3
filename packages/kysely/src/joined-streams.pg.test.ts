import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { outsideSession } from '@lifeguard/core';
import { guards } from '../test-support/guards.ts';
import type { Db } from '../test-support/guards.ts';
import { add, createTables } from '../test-support/postgres.ts';
import { managedTransaction } from './managed-transaction.ts';

let database: Awaited<ReturnType<typeof createTables>>;
beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
beforeEach(() => database.admin.query('truncate person'));
afterAll(() => database.drop());

const numbers = sql<{ n: number }>`generate_series(1, 3)`.as('n');
const stream = (db: Db) => db.selectFrom(numbers).selectAll().stream(1);
const refused = { code: 'LG_UNSUPPORTED' };

const inside: Record<string, (db: Db) => Promise<unknown>> = {
  'a query': (db) => add(db, 'inside'),
  'a transaction': (db) => db.transaction().execute((inner) => add(inner, 'inside')),
  'a controlled transaction': (db) => db.startTransaction().execute(),
  'a connection': (db) => db.connection().execute((bound) => add(bound, 'inside')),
  'another stream': (db) => stream(db).next(),
};

describe.each(Object.entries(guards))('%s', (_guard, make) => {
  test.each(Object.entries(inside))(
    '%s inside the loop over a joined stream is refused at once',
    async (_, ask) => {
      await using rig = make(database.url, 'join', []);
      await managedTransaction(rig.db, async (trx) => {
        for await (const _row of stream(rig.db)) await expect(ask(rig.db)).rejects.toMatchObject(refused);
        await add(rig.db, 'after');
        await add(trx, 'after, too');
      });
      expect(await database.names()).toEqual(['after', 'after, too']);
    },
  );

  test('so it is in a joined transaction, by the instance and by what it was given', async () => {
    await using rig = make(database.url, 'join', []);
    await managedTransaction(rig.db, () =>
      rig.db.transaction().execute(async (inner) => {
        for await (const _row of stream(inner)) await expect(add(rig.db, 'x')).rejects.toMatchObject(refused);
        await add(inner, 'after');
      }),
    );
    expect(await database.names()).toEqual(['after']);
  });

  test('after a stream that was left early, or has failed, queries run again', async () => {
    await using rig = make(database.url, 'join', []);
    await managedTransaction(rig.db, async () => {
      for await (const _row of stream(rig.db)) break;
      await add(rig.db, 'after one');
      for await (const _row of stream(rig.db)) break;
      const failing = async () => {
        for await (const _row of stream(rig.db)) throw new Error('mine');
      };
      await expect(failing()).rejects.toThrow('mine');
      await add(rig.db, 'after two');
    });
    expect(await database.names()).toEqual(['after one', 'after two']);
  });

  test('what is meant to be apart runs inside the loop', async () => {
    await using rig = make(database.url, 'join', []);
    await managedTransaction(rig.db, async () => {
      for await (const { n } of stream(rig.db)) await outsideSession(() => add(rig.db, `apart ${n}`));
    });
    expect(await database.names()).toHaveLength(3);
  });
});
