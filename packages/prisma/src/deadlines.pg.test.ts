import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { outsideSession, runSession } from '@lifeguard/core';
import type { Session } from '@lifeguard/core';
import type { LifeguardPool } from '@lifeguard/pg';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { rejectionOf, until, usePrisma } from '../test/rig.ts';
import type { Extended } from '../test/rig.ts';
import type { TransactionClient } from './index.ts';

const database = usePrisma();
const LIMIT_MS = 400;
const timedOut = { code: 'LG_SESSION_TIMEOUT' };
const over = ({ signal }: Session) => once(signal, 'abort');
const forever = () => new Promise<never>(() => undefined);
const lengthy = (tx: Tx) => tx.$queryRaw`select pg_sleep(30)::text`;

type Tx = TransactionClient<Extended>;
type Callback = (tx: Tx, session: Session, pool: LifeguardPool) => Promise<unknown>;

/** Somebody else holds the table meanwhile. */
async function withLock(work: () => PromiseLike<unknown>): Promise<unknown> {
  const locker = new pg.Client(database.url());
  await locker.connect();
  await locker.query('begin; lock table "Order"');
  try {
    return await work();
  } finally {
    await locker.end();
  }
}

async function killWhatRuns(pool: LifeguardPool): Promise<void> {
  await until('it runs', () => pool.snapshot().leases[0]?.lastQuery?.includes('pg_sleep') === true);
  await database.sql('select pg_terminate_backend($1)', [pool.snapshot().leases[0]?.backendPid]);
}

async function killItsBackend(tx: Tx, pool: LifeguardPool): Promise<void> {
  const [row] = await tx.$queryRaw<{ pid: number }[]>`select pg_backend_pid() as pid`;
  await database.sql('select pg_terminate_backend($1)', [row?.pid]);
  await until('the pool has noticed', () => pool.snapshot().used === 0);
}

/** What the callback does, and how the promise must end. */
const scenarios: [string, Callback, object | string][] = [
  ['a query in flight', lengthy, timedOut],
  ['a query that waits for a lock', (tx) => withLock(() => tx.$executeRaw`lock table "Order"`), timedOut],
  ['many queries in flight', (tx) => Promise.all([lengthy(tx), tx.user.count(), lengthy(tx)]), timedOut],
  ['idle, then a query', async (tx, session) => (await over(session), tx.user.count()), timedOut],
  [
    'idle, then an error of the callback',
    async (_, session) => (await over(session), Promise.reject(new Error('mine'))),
    timedOut,
  ],
  ['idle, then the commit', async (_, session) => over(session), timedOut],
  ['a callback that never returns', forever, timedOut],
  ['an error in time', () => Promise.reject(new Error('mine')), 'mine'],
  [
    'a backend that is ended under its query',
    (tx, _, pool) => Promise.all([lengthy(tx), killWhatRuns(pool)]),
    { code: 'P2010' },
  ],
  [
    'a socket that dies, then a query',
    async (tx, _, pool) => (await killItsBackend(tx, pool), tx.user.count()),
    { code: 'LG_CONNECTION_LOST' },
  ],
  [
    'a socket that dies, then an error of the callback',
    async (tx, _, pool) => (await killItsBackend(tx, pool), Promise.reject(new Error('mine'))),
    'mine',
  ],
  [
    'a socket that dies, then the commit',
    (tx, _, pool) => killItsBackend(tx, pool),
    { code: 'LG_CONNECTION_LOST' },
  ],
];

describe('a managed transaction', () => {
  it.each(scenarios)('with %s ends in time, and leaves nothing behind', async (_, callback, expected) => {
    const { prisma, pool, backends } = database.make({ max: 1 });
    await prisma.user.count();
    const timeoutMs = expected === timedOut ? LIMIT_MS : 20_000;
    const startedAt = performance.now();
    const error = await rejectionOf(
      prisma.$managedTransaction({ timeoutMs }, async (tx, session) => {
        await tx.user.create({ data: { email: 'not kept' } });
        return callback(tx, session, pool);
      }),
    );
    expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS + 2_000);
    if (typeof expected === 'string') expect(error.message).toBe(expected);
    else expect(error).toMatchObject(expected);
    await until('the slot is free', () => pool.snapshot().used === 0);
    await until('nothing runs', async () => (await backends()).every(({ state }) => state === 'idle'));
    // The only connection serves the next one, also while the callback still runs.
    expect(await prisma.user.count()).toBe(0);
  });

  it('commits what ends in time, and gives its connection back', async () => {
    const { prisma, pool } = database.make();
    const id = await prisma.$managedTransaction({ timeoutMs: 5_000 }, async (tx) => {
      const user = await tx.user.create({ data: { email: 'a' } });
      await tx.order.create({ data: { total: 1, userId: user.id } });
      return user.id;
    });
    expect(id).toBe(1);
    expect(await database.emails()).toEqual(['a']);
    expect(pool.snapshot().counters).toMatchObject({ revoked: 0 });
  });

  it('waits for a connection no longer than its limit', async () => {
    const { prisma, pool } = database.make({ max: 1 });
    await using lease = await pool.lease();
    const error = await rejectionOf(prisma.$managedTransaction({ timeoutMs: 100 }, () => 1));
    expect(error).toMatchObject(timedOut);
    expect(pool.snapshot().pending).toBe(0);
    lease.release();
  });

  it('is turned away by the pool with the report of the pool', async () => {
    const { prisma, pool } = database.make({ max: 1, acquireTimeoutMs: 100 });
    await using lease = await pool.lease();
    const error = await rejectionOf(prisma.$managedTransaction({ timeoutMs: 5_000 }, () => 1));
    expect(error).toMatchObject({ code: 'LG_ACQUIRE_TIMEOUT', pool: { used: 1 } });
    expect(error.message).toContain('holders');
    lease.release();
  });

  it('ends with the reason of a signal that aborts', async () => {
    const { prisma } = database.make();
    const reason = new Error('the client has gone');
    const error = await rejectionOf(
      prisma.$managedTransaction({ signal: AbortSignal.abort(reason) }, () => 1),
    );
    expect(error).toBe(reason);
  });

  it('whose BEGIN fails loses no connection', async () => {
    const { prisma, pool } = database.make({ max: 1 });
    await prisma.user.count();
    pool.once('acquire', (client) => void Reflect.get(client, 'connection').stream.destroy());
    expect(await rejectionOf(prisma.$managedTransaction({}, () => 1))).toMatchObject({
      code: 'LG_CONNECTION_LOST',
    });
    expect(await prisma.user.count()).toBe(0);
  });

  it('whose connect hook throws loses no connection', async () => {
    const hook = { throws: true };
    const onConnect = (): void => {
      if (hook.throws) throw new Error('hook');
    };
    const { prisma } = database.make({ max: 1, onConnect, retryConnect: false });
    expect((await rejectionOf(prisma.$managedTransaction({}, () => 1))).message).toContain('hook');
    hook.throws = false;
    expect(await prisma.user.count()).toBe(0);
  });

  it('rolls back when the hook of another extension throws, with its error', async () => {
    const { prisma } = database.make();
    const more = prisma.$extends({
      query: { order: { create: () => Promise.reject(new Error('hook')) } },
    });
    const error = await rejectionOf(
      more.$managedTransaction(async (tx) => {
        const { id } = await tx.user.create({ data: { email: 'a' } });
        await tx.order.create({ data: { total: 1, userId: id } });
      }),
    );
    expect(error.message).toBe('hook');
    expect(await database.emails()).toEqual([]);
  });

  it('rejects with what the callback throws at once', async () => {
    const { prisma } = database.make();
    const mine = new Error('mine');
    const fn = (): never => {
      throw mine;
    };
    expect(await rejectionOf(prisma.$managedTransaction(fn))).toBe(mine);
  });

  it('has the isolation level that was asked for', async () => {
    const { prisma } = database.make();
    const [row] = await prisma.$managedTransaction(
      { isolationLevel: 'Serializable' },
      (tx) => tx.$queryRaw<object[]>`select current_setting('transaction_isolation') as level`,
    );
    expect(row).toEqual({ level: 'serializable' });
  });

  it('tells the server how long it may take', async () => {
    const { prisma } = database.make();
    const [row] = await prisma.$managedTransaction(
      { timeoutMs: 60_000 },
      (tx) => tx.$queryRaw<{ limit: string }[]>`select current_setting('statement_timeout') as limit`,
    );
    expect(Number.parseInt(String(row?.limit), 10)).toBeGreaterThan(0);
  });

  it('explains also to whom the async context was lost why its query came too late', async () => {
    const { prisma } = database.make();
    const late = Promise.withResolvers<unknown>();
    const failing = prisma.$managedTransaction({ timeoutMs: 200 }, async (tx, session) => {
      await tx.user.count();
      outsideSession(() => void over(session).then(() => late.resolve(rejectionOf(tx.user.count()))));
      await forever();
    });
    expect(await rejectionOf(failing)).toMatchObject(timedOut);
    expect(await late.promise).toMatchObject(timedOut);
  });

  it('refuses what comes after its end, and does not send it', async () => {
    const { prisma } = database.make();
    const late = Promise.withResolvers<unknown>();
    await prisma.$managedTransaction((tx) => {
      void sleep(50).then(() => late.resolve(rejectionOf(tx.user.create({ data: { email: 'late' } }))));
    });
    expect(await late.promise).toMatchObject({ code: 'LG_LEASE_RELEASED' });
    expect(await database.emails()).toEqual([]);
  });

  it('that caught the error of a statement does not pretend to have committed', async () => {
    const { prisma } = database.make();
    const error = await rejectionOf(
      prisma.$managedTransaction(async (tx) => {
        await tx.user.create({ data: { email: 'a' } });
        await tx.user.create({ data: { email: 'a' } }).catch(() => undefined);
      }),
    );
    expect(error).toMatchObject({ code: 'LG_COMMIT_ROLLED_BACK', cause: { code: 'P2002' } });
    expect(await database.emails()).toEqual([]);
  });

  it('rejects with the error of a COMMIT that fails', async () => {
    const { prisma } = database.make();
    const failing = prisma.$managedTransaction(
      (tx) => tx.$executeRaw`insert into "Order" (total, "userId") values (1, 77)`,
    );
    expect(await rejectionOf(failing)).toMatchObject({ cause: { originalCode: '23503' } });
  });
});

describe('a batch in a session with a deadline', () => {
  it('ends with it, and leaves nothing behind', async () => {
    const { prisma, pool, backends } = database.make({ max: 1 });
    const error = await rejectionOf(
      runSession({ timeoutMs: LIMIT_MS }, () =>
        prisma.$transaction([
          prisma.user.create({ data: { email: 'not kept' } }),
          prisma.$queryRaw`select pg_sleep(30)::text`,
        ]),
      ),
    );
    expect(error).toMatchObject(timedOut);
    await until('the slot is free', () => pool.snapshot().used === 0);
    await until('nothing runs', async () => (await backends()).every(({ state }) => state === 'idle'));
    expect(await prisma.user.count()).toBe(0);
  });

  it('that ends in time is committed', async () => {
    const { prisma } = database.make({ max: 1 });
    const [, count] = await prisma.$transaction([
      prisma.user.create({ data: { email: 'a' } }),
      prisma.user.count(),
    ]);
    expect(count).toBe(1);
  });
});
