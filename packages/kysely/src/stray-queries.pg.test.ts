import { setImmediate as turn } from 'node:timers/promises';
import { CamelCasePlugin } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { outsideSession } from '@lifeguard/core';
import { guards, inManaged, seen } from '../test-support/guards.ts';
import type { Db, Told } from '../test-support/guards.ts';
import { add, createTables } from '../test-support/postgres.ts';
import { managedSession } from './managed-session.ts';
import { managedTransaction } from './managed-transaction.ts';
import type { StrayQueryPolicy } from './stray-policy.ts';

let database: Awaited<ReturnType<typeof createTables>>;
beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
beforeEach(() => database.admin.query('truncate person'));
afterAll(() => database.drop());

/** Ways in which a query strays. Each inserts "stray", and returns the names that it sees. */
const ways: Record<string, (db: Db) => Promise<string[]>> = {
  'a query': (db) => strayOn(db),
  'a query with a signal': async (db) => {
    const { signal } = new AbortController();
    await db.insertInto('person').values({ name: 'stray' }).execute({ signal });
    return seen(db);
  },
  'an instance with a schema': (db) => strayOn(db.withSchema('public')),
  'an instance with a plugin': (db) => strayOn(db.withPlugin(new CamelCasePlugin())),
  'a stream': async (db) => {
    const rows: string[] = [];
    const inserting = db.insertInto('person').values({ name: 'stray' }).returning('name');
    for await (const { name } of inserting.stream()) rows.push(name);
    expect(rows).toEqual(['stray']);
    return seen(db);
  },
  'connection()': (db) => db.connection().execute(strayOn),
  'transaction()': (db) => db.transaction().execute(strayOn),
  'a transaction in a transaction': (db) =>
    db.transaction().execute(async (outer) => {
      const [inner] = await Promise.all([db.transaction().execute(strayOn), seen(outer)]);
      return inner;
    }),
  'a transaction on a bound connection': (db) =>
    db.connection().execute((bound) => bound.transaction().execute(strayOn)),
  'startTransaction()': async (db) => {
    const trx = await db.startTransaction().execute();
    const names = await strayOn(trx);
    await trx.commit().execute();
    return names;
  },
  'a controlled transaction with savepoints': async (db) => {
    const trx = await db.startTransaction().execute();
    const saved = await trx.savepoint('mine').execute();
    await add(saved, 'undone');
    await saved.rollbackToSavepoint('mine').execute();
    await saved.releaseSavepoint('mine').execute();
    const names = await strayOn(trx);
    await trx.commit().execute();
    return names;
  },
};

async function strayOn(db: Db): Promise<string[]> {
  await add(db, 'stray');
  return seen(db);
}

const FEW = ['a query', 'a stream', 'transaction()', 'startTransaction()'];

/** Blocks in which it strays, and the ways that are tried there. */
const places: Record<string, { readonly run: typeof inManaged; readonly among?: readonly string[] }> = {
  'a managed transaction': { run: inManaged },
  'a nested one': { run: (db, stray) => managedTransaction(db, (trx) => inManaged(trx, stray)), among: FEW },
  'a session in one': {
    run: (db, stray) => inManaged(db, () => managedSession(db, {}, () => turn().then(() => stray()))),
    among: FEW,
  },
};

const codes = (told: readonly Told[]) => told.map(({ fields }) => fields.code);

describe.each(Object.entries(guards))('%s', (guard, make) => {
  const makeRig = (policy: StrayQueryPolicy, told: Told[] = []) => make(database.url, policy, told);

  describe.each(Object.entries(places))('in %s', (_place, { run: place, among }) => {
    describe.each(Object.entries(ways).filter(([name]) => among?.includes(name) ?? true))(
      '%s',
      (_way, way) => {
        test.each(['off', 'warn'] as const)('%s: it is apart', async (policy) => {
          const told: Told[] = [];
          await using rig = makeRig(policy, told);
          const failing = place(rig.db, async () => {
            expect(await way(rig.db)).toEqual(['stray']);
            throw new Error('mine');
          });
          await expect(failing).rejects.toThrow('mine');
          expect(await database.names()).toEqual(['stray']);
          expect(rig.busy()).toBe(0);
          const isNested = policy === 'off' && guard === 'LifeguardDialect';
          const expected = policy === 'warn' ? 'LG_STRAY_QUERY' : isNested ? 'LG_NESTED_ACQUIRE' : undefined;
          expect(new Set(codes(told))).toEqual(new Set(expected === undefined ? [] : [expected]));
        });

        test('error: it rejects, and nothing is sent', async () => {
          await using rig = makeRig('error');
          const used: number[] = [];
          await place(rig.db, async () => {
            await expect(way(rig.db)).rejects.toMatchObject({
              code: 'LG_STRAY_QUERY',
              report: { transaction: expect.any(String) as string },
            });
            used.push(rig.busy(), rig.connections());
          });
          expect(used).toEqual([1, 1]);
          expect(await database.names()).toEqual(['mine']);
        });

        test('join: it is part of the transaction, and is kept with it', async () => {
          await using rig = makeRig('join');
          await place(rig.db, async () => {
            expect(await way(rig.db)).toEqual(['mine', 'stray']);
            expect([rig.busy(), rig.connections()]).toEqual([1, 1]);
          });
          expect(await database.names()).toEqual(['mine', 'stray']);
          expect(rig.busy()).toBe(0);
        });

        test('join: it is part of the transaction, and is undone with it', async () => {
          await using rig = makeRig('join');
          const failing = place(rig.db, async () => {
            await way(rig.db);
            throw new Error('mine');
          });
          await expect(failing).rejects.toThrow('mine');
          expect(await database.names()).toEqual([]);
          expect(rig.busy()).toBe(0);
        });
      },
    );
  });

  describe('no query strays', () => {
    test.each<[string, (db: Db) => Promise<unknown>]>([
      ['with the transaction', (db) => managedTransaction(db, (trx) => add(trx, 'a'))],
      [
        'in a nested block',
        (db) => managedTransaction(db, () => managedTransaction(db, (trx) => add(trx, 'a'))),
      ],
      ['outside the session', (db) => managedTransaction(db, () => outsideSession(() => add(db, 'a')))],
      ['in a session', (db) => managedSession(db, () => add(db, 'a'))],
      ['in a transaction of Kysely', (db) => db.transaction().execute(() => add(db, 'a'))],
      [
        'after the block',
        async (db) => {
          let late: Promise<unknown> | undefined;
          const over = Promise.withResolvers<void>();
          await managedTransaction(db, async (trx) => {
            late = over.promise.then(() => add(db, 'a'));
            await add(trx, 'b');
          });
          over.resolve();
          await late;
        },
      ],
    ])('%s', async (_what, run) => {
      await using rig = makeRig('error');
      await run(rig.db);
      expect(await database.names()).toContain('a');
    });

    test('with another instance', async () => {
      await using rig = makeRig('error');
      await using other = makeRig('error');
      await managedTransaction(rig.db, () => add(other.db, 'a'));
      expect(await database.names()).toEqual(['a']);
    });
  });

  test('a block overrides the dialect, for itself and what nests in it', async () => {
    await using rig = makeRig('error');
    await managedTransaction(rig.db, { strayQueries: 'join' }, async () => {
      await add(rig.db, 'a');
      await managedTransaction(rig.db, () => add(rig.db, 'b'));
      await managedTransaction(rig.db, { strayQueries: 'error' }, async () => {
        await expect(add(rig.db, 'c')).rejects.toMatchObject({ code: 'LG_STRAY_QUERY' });
      });
      await add(rig.db, 'd');
    });
    expect(await database.names()).toEqual(['a', 'b', 'd']);
  });

  test('a warning names both places, once a minute', async () => {
    const told: Told[] = [];
    await using rig = makeRig('warn', told);
    await inManaged(rig.db, async () => {
      for (let i = 0; i < 3; i += 1) await seen(rig.db);
    });
    expect(codes(told)).toEqual(['LG_STRAY_QUERY']);
    expect(told[0]?.message).toMatch(
      /^LG_STRAY_QUERY: a query inside managedTransaction\(\) "order" is not part[^]*you +\S*guards\.ts:\d+ seen\n +\S*stray-queries\.pg\.test\.ts:\d+[^]*begun at\n +\S*guards\.ts:\d+ inManaged[^]*fix/,
    );
    expect(told[0]?.fields).toMatchObject({ transaction: 'order', site: { functionName: 'seen' } });
  });
});
