import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { add, backendPid, createTables, ownRig, until } from '../test-support/postgres.ts';
import { managedSession } from './managed-session.ts';
import { managedTransaction } from './managed-transaction.ts';
import { openSession } from './open-session.ts';

let database: Awaited<ReturnType<typeof createTables>>;
beforeAll(async () => {
  database = await createTables(inject('databaseUrl'));
});
afterAll(() => database.drop());
beforeEach(() => database.admin.query('truncate person'));

const timedOut = { code: 'LG_SESSION_TIMEOUT' };
const forever = () => new Promise<never>(() => undefined);

describe('managedSession', () => {
  test('ends every query in it, in whichever function, and frees their connections', async () => {
    await using rig = ownRig(database.url);
    const elsewhere = () => sql`select pg_sleep(30)`.execute(rig.db);
    const run = managedSession(rig.db, { timeoutMs: 100 }, () =>
      Promise.all([elsewhere(), elsewhere(), forever()]),
    );
    await expect(run).rejects.toMatchObject(timedOut);
    expect(rig.busy()).toBe(0);
    await until(async () => (await database.unfinished()) === 0, 'the server has nothing left to do');
  });

  test('pinned, it runs on one connection', async () => {
    await using rig = ownRig(database.url);
    const pids = await managedSession(rig.db, { pinned: true }, async (db) => [
      await backendPid(db),
      await backendPid(db),
    ]);
    expect(pids[0]).toBe(pids[1]);
    const stuck = managedSession(rig.db, { pinned: true, timeoutMs: 50 }, forever);
    await expect(stuck).rejects.toMatchObject(timedOut);
    expect(rig.busy()).toBe(0);
  });
});

test('in a pinned session, the deadline of a transaction stops its query and leaves the connection to the session', async () => {
  await using rig = ownRig(database.url);
  await managedSession(rig.db, { pinned: true }, async (db) => {
    const before = await backendPid(db);
    const run = managedTransaction(db, { timeoutMs: 80 }, async (trx) => {
      await add(trx, 'never');
      await sql`select pg_sleep(30)`.execute(trx);
    });
    await expect(run).rejects.toMatchObject(timedOut);
    expect(await backendPid(db)).toBe(before);
  });
  expect(await database.names()).toEqual([]);
});

describe('openSession', () => {
  test('runs queries and transactions, and refuses both once it is left', async () => {
    await using rig = ownRig(database.url);
    const session = await openSession(rig.db, { timeoutMs: 5_000, name: 'block' });
    await add(session.db, 'query');
    await session.transaction({ isolationLevel: 'serializable' }, async (trx) => {
      await add(trx, 'transaction');
      await session.transaction((nested) => add(nested, 'nested'));
    });
    await session.db.transaction().execute((trx) => add(trx, 'kysely'));
    expect(session.remainingMs).toBeGreaterThan(4_000);
    await session[Symbol.asyncDispose]();
    expect(session.signal.aborted).toBe(false);
    expect(await database.names()).toEqual(['kysely', 'nested', 'query', 'transaction']);
    await expect(add(session.db, 'late')).rejects.toMatchObject({ code: 'LG_LEASE_RELEASED' });
    await expect(session.transaction(() => 1)).rejects.toMatchObject({ code: 'LG_LEASE_RELEASED' });
  });

  test('rolls back what is still running when it is left', async () => {
    await using rig = ownRig(database.url);
    const session = await openSession(rig.db);
    const running = session.transaction(async (trx) => (await add(trx, 'never'), forever()));
    const rejected = expect(running).rejects.toMatchObject({ code: 'LG_LEASE_RELEASED' });
    await until(() => rig.busy() === 1, 'it runs');
    await session[Symbol.asyncDispose]();
    await rejected;
    expect(session.signal.aborted).toBe(true);
    expect(rig.busy()).toBe(0);
    await until(async () => (await database.unfinished()) === 0, 'the server has nothing left to do');
    expect(await database.names()).toEqual([]);
  });

  test('ends at its deadline although nobody leaves it', async () => {
    await using rig = ownRig(database.url);
    await using session = await openSession(rig.db, { timeoutMs: 500 });
    const trx = await session.db.startTransaction().execute();
    await expect(sql`select pg_sleep(30)`.execute(trx)).rejects.toMatchObject({ code: 'LG_LEASE_REVOKED' });
    expect(rig.busy()).toBe(0);
    await expect(add(session.db, 'late')).rejects.toMatchObject(timedOut);
  });
});
