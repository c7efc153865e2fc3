import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { currentSession, isLifeguardError, runScope } from '@lifeguard/core';
import { contextStorage } from '@lifeguard/core/adapter';
import type { PoolDeadlockError } from '@lifeguard/core';
import { createTables, ownRig, until } from '../test-support/postgres.ts';
import type { Database } from '../test-support/postgres.ts';
import { managedSession } from './managed-session.ts';
import { managedTransaction } from './managed-transaction.ts';

let database: Awaited<ReturnType<typeof createTables>>;
beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
afterAll(() => database.drop());

type Db = Kysely<Database>;
type Work = (db: Db) => Promise<unknown>;

/** A deadlock that is not found would take this long. */
const WAIT_MS = 5_000;
const OPTIONS = { max: 2, acquireTimeoutMs: WAIT_MS, stacks: { mode: 'always' } } as const;

const select = (db: Db) => db.selectFrom('person').select('id').execute();

/** Ways to hold a connection around some work. */
const blocks: Record<string, (db: Db, work: () => Promise<unknown>) => Promise<unknown>> = {
  'db.transaction()': (db, work) => db.transaction().execute(work),
  'managedTransaction()': (db, work) => managedTransaction(db, work),
  'managedSession({ pinned: true })': (db, work) => managedSession(db, { pinned: true }, work),
  'a transaction on a bound connection': (db, work) =>
    db.connection().execute((bound) => bound.transaction().execute(work)),
};

/** Ways in which that work awaits another connection of the pool. */
const works: Record<string, Work> = {
  'a query': async (db) => {
    await select(db);
  },
  'a query that the callback returns': (db) => select(db),
  'queries side by side': async (db) => {
    await Promise.all([select(db), select(db)]);
  },
  'a transaction': async (db) => {
    await db.transaction().execute(select);
  },
  'a scope with a query': (db) => runScope('inner', {}, () => select(db)),
};

/** Runs `work` inside two blocks, once both hold a connection. */
async function bothInside(
  db: Db,
  block: (db: Db, work: () => Promise<unknown>) => Promise<unknown>,
  work: Work,
) {
  const ready = Promise.withResolvers<void>();
  let inside = 0;
  const one = () =>
    block(db, async () => {
      inside += 1;
      if (inside === 2) ready.resolve();
      await ready.promise;
      return work(db);
    });
  return Promise.allSettled([one(), one()]);
}

describe.each(Object.entries(blocks))('two of %s, on a pool of two', (_block, block) => {
  test.each(Object.entries(works))('that await %s: one is turned away, one goes on', async (_work, work) => {
    await using rig = ownRig(database.url, {}, OPTIONS);
    await select(rig.db);
    const ends = await bothInside(rig.db, block, work);
    const failed = ends.filter((end) => end.status === 'rejected');
    expect(failed).toHaveLength(1);
    const error: unknown = failed[0]?.reason;
    expect(isLifeguardError(error, 'LG_POOL_DEADLOCK'), String(error)).toBe(true);
    const { chain } = error as PoolDeadlockError;
    expect(chain).toHaveLength(2);
    for (const { heldAt, waitsAt } of chain) {
      expect(heldAt?.file).toMatch(/deadlocks\.pg\.test\.ts$/);
      expect(waitsAt?.file).toMatch(/deadlocks\.pg\.test\.ts$/);
    }
    await until(() => rig.busy() === 0, 'both are given back');
  });
});

test('two transactions of Kysely that each await a managed one: one is turned away', async () => {
  await using rig = ownRig(database.url, {}, OPTIONS);
  const ends = await bothInside(
    rig.db,
    (db, work) => db.transaction().execute(work),
    (db) => managedTransaction(db, select),
  );
  const reasons = ends.map((end) => (end.status === 'rejected' ? (end.reason as { code: string }).code : ''));
  expect(reasons.toSorted()).toEqual(['', 'LG_POOL_DEADLOCK']);
});

describe.each(Object.entries(blocks))('no verdict: %s', (_block, block) => {
  test('with children that nobody awaits, which are served when the blocks end', async () => {
    await using rig = ownRig(database.url, {}, OPTIONS);
    const children: Promise<unknown>[] = [];
    // Looked for once: when one block has ended, they are fewer again.
    let allWait: Promise<void> | undefined;
    const ends = await bothInside(rig.db, block, async (db) => {
      children.push(select(db), db.connection().execute(select), db.transaction().execute(select));
      await (allWait ??= until(() => rig.pool.snapshot().pending === 6, 'all wait'));
      await sleep(50);
    });
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    await Promise.all(children);
  });

  test('with a child that nobody awaits, which holds the other connection and waits for a third', async () => {
    await using rig = ownRig(database.url, {}, OPTIONS);
    let child: Promise<unknown> | undefined;
    let isOver = false;
    await block(rig.db, async () => {
      child = block(rig.db, () => select(rig.db)).finally(() => (isOver = true));
      // A managed block inside of another is a savepoint of that one: its query finds the second connection.
      await until(() => isOver || rig.pool.snapshot().pending === 1, 'it waits');
      await sleep(50);
    });
    await child;
  });
});

test.each(['queries', 'transactions'])('no verdict: %s side by side in one scope', async (what) => {
  await using rig = ownRig(database.url, {}, { ...OPTIONS, max: 1 });
  const one = (): Promise<unknown> =>
    what === 'queries' ? select(rig.db) : rig.db.transaction().execute((trx) => select(trx));
  await runScope('request', {}, () => Promise.all([one(), one(), one()]));
});

describe('what a transaction holds is known inside of it only', () => {
  const held = () => contextStorage().getStore()?.holding?.record;
  const heldOpen = () => held()?.state.kind === 'open';

  test('not after it, and not beside it', async () => {
    await using rig = ownRig(database.url);
    const beside: unknown[] = [];
    const running = rig.db.transaction().execute(async (trx) => {
      expect(heldOpen()).toBe(true);
      await select(trx);
      expect(heldOpen()).toBe(true);
    });
    beside.push(held());
    const sibling = select(rig.db).then(() => beside.push(held()));
    await running;
    beside.push(held());
    await sibling;
    expect(beside).toEqual([undefined, undefined, undefined]);
  });

  test('not by whoever began a controlled one', async () => {
    await using rig = ownRig(database.url);
    const trx = await rig.db.startTransaction().execute();
    expect(held()).toBeUndefined();
    await select(trx);
    expect(held()).toBeUndefined();
    await trx.commit().execute();
    expect(held()).toBeUndefined();
  });

  test('a session around it stays the session inside', async () => {
    await using rig = ownRig(database.url);
    await managedSession(rig.db, { name: 'around' }, async (db) => {
      await db.transaction().execute(async () => expect(currentSession()?.name).toBe('around'));
      expect(held()).toBeUndefined();
    });
  });

  test('on a bound connection, not after the block that is bound', async () => {
    await using rig = ownRig(database.url);
    await rig.db.connection().execute(async (bound) => {
      const running = bound.transaction().execute(() => sql`select 1`.execute(rig.db));
      await running;
    });
    expect(held()).toBeUndefined();
  });
});
