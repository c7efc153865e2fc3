import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { ControlledTransaction } from 'kysely';
import { describe, expect, test } from 'vitest';
import { overFake, overSqlite } from '../test-support/managed.ts';
import type { Database } from '../test-support/managed.ts';
import { managedTransaction } from './managed-transaction.ts';

describe('one transaction', () => {
  test('commits what the callback did, and resolves to what it returned', async () => {
    const { db, names, add } = await overSqlite();
    const result = await managedTransaction(db, async (trx) => {
      await add(trx, 'Ada');
      return 42;
    });
    expect(result).toBe(42);
    expect(await names()).toEqual(['Ada']);
  });

  test('rolls back when the callback rejects, with the very same error', async () => {
    const { db, names, add } = await overSqlite();
    const mine = new Error('mine');
    const run = managedTransaction(db, async (trx) => {
      await add(trx, 'Ada');
      throw mine;
    });
    await expect(run).rejects.toBe(mine);
    expect(await names()).toEqual([]);
  });

  test('a failing rollback neither hides the error of the callback nor keeps the connection', async () => {
    const { db, pool } = overFake((text) => {
      if (text === 'rollback') throw new Error('socket closed');
      return undefined;
    });
    const mine = new Error('mine');
    await expect(managedTransaction(db, () => Promise.reject(mine))).rejects.toBe(mine);
    expect(pool.core.counts().used).toBe(0);
    expect(pool.core.snapshot().counters.closed).toBe(1);
  });

  test('a failing begin keeps no connection', async () => {
    const { db, pool } = overFake((text) => {
      if (text.startsWith('start')) throw new Error('no begin');
      return undefined;
    });
    const run = managedTransaction(db, { isolationLevel: 'serializable', accessMode: 'read only' }, () => 1);
    await expect(run).rejects.toThrow('no begin');
    expect(pool.sent).toEqual(['start transaction isolation level serializable read only']);
    expect(pool.core.counts().used).toBe(0);
  });

  test('a commit that fails keeps no connection', async () => {
    const { db, pool } = overFake((text) => {
      if (text === 'commit') throw new Error('socket closed');
      return undefined;
    });
    await expect(managedTransaction(db, () => 1)).rejects.toThrow('socket closed');
    expect(pool.sent).toEqual(['begin', 'commit', 'rollback']);
  });

  test('a commit that is answered with ROLLBACK says which statement failed', async () => {
    const broken = Object.assign(new Error('duplicate key'), { code: '23505' });
    const { db } = overFake((text) => {
      if (text.startsWith('insert')) throw broken;
      return text === 'commit' ? { command: 'ROLLBACK' } : undefined;
    });
    const run = managedTransaction(db, async (trx) => {
      await trx
        .insertInto('person')
        .values({ name: 'Ada' })
        .execute()
        .catch(() => undefined);
    });
    await expect(run).rejects.toMatchObject({
      code: 'LG_COMMIT_ROLLED_BACK',
      failedStatement: 'insert into "person" ("name") values ($1)',
      cause: broken,
      message: expect.stringContaining('(23505)') as string,
    });
  });

  test('a callback that commits by itself gets its result and leaves nothing open', async () => {
    const { db, names, add } = await overSqlite();
    const run = managedTransaction(db, async (trx) => {
      await add(trx, 'Ada');
      await (trx as ControlledTransaction<Database>).commit().execute();
      return 'done';
    });
    expect(await run).toBe('done');
    expect(await names()).toEqual(['Ada']);
  });

  test('a query that comes after the end is refused', async () => {
    const { db, names, add } = await overSqlite();
    let late: Promise<unknown> = Promise.resolve();
    await managedTransaction(db, (trx) => {
      late = sleep(10).then(() => add(trx.withSchema('main'), 'late'));
    });
    await expect(late).rejects.toThrow('already committed');
    expect(await names()).toEqual([]);
  });

  test('the limit of the pool holds where none is named', async () => {
    const { db } = overFake(undefined, { sessionTimeoutMs: 20 });
    const run = managedTransaction(db, () => sleep(10_000, undefined, { ref: false }));
    await expect(run).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT', timeoutMs: 20 });
  });
});

describe('deadline', () => {
  test('rejects and takes the connection back although the callback never returns', async () => {
    const { db, pool } = overFake();
    const run = managedTransaction(db, { timeoutMs: 20, name: 'stuck' }, () => new Promise(() => undefined));
    await expect(run).rejects.toThrow(
      /session "stuck" ended at its limit of 20ms[^]*managed-transaction\.test\.ts/,
    );
    expect(pool.core.snapshot().counters.revoked).toBe(1);
  });

  test('with another dialect, rolls back as soon as the connection answers', async () => {
    const { db, driver, names } = await overSqlite();
    const finish = Promise.withResolvers<void>();
    driver.slow.hold = { pattern: /insert/, until: finish.promise };
    const run = managedTransaction(db, { timeoutMs: 20 }, async (trx) => {
      await trx.insertInto('person').values({ name: 'Ada' }).execute();
      await trx.insertInto('person').values({ name: 'Bob' }).execute();
    });
    await expect(run).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    expect(driver.log.at(-1)).toBe('begin');
    finish.resolve();
    expect(await names()).toEqual([]);
    expect(driver.log.slice(-3, -1)).toEqual(['insert into "person" ("name") values (?)', 'rollback']);
  });

  test('an error of the callback stands, also when the rollback outlasts the deadline', async () => {
    const { db } = overFake((text) => (text === 'rollback' ? new Promise(() => undefined) : undefined));
    const mine = new Error('mine');
    await expect(managedTransaction(db, { timeoutMs: 20 }, () => Promise.reject(mine))).rejects.toBe(mine);
  });

  test('an aborted signal ends the transaction with its reason', async () => {
    const { db, pool } = overFake();
    const controller = new AbortController();
    const reason = new Error('client went away');
    const run = managedTransaction(db, { signal: controller.signal }, async () => {
      controller.abort(reason);
      await new Promise(() => undefined);
    });
    await expect(run).rejects.toBe(reason);
    expect(pool.core.counts().used).toBe(0);
    await expect(managedTransaction(db, { signal: controller.signal }, () => 1)).rejects.toBe(reason);
  });

  test('a begin that outlasts the deadline is undone when it is answered', async () => {
    const { db, driver } = await overSqlite();
    const finish = Promise.withResolvers<void>();
    driver.slow.hold = { pattern: /begin/, until: finish.promise };
    const run = managedTransaction(db, { timeoutMs: 20 }, () => 'never');
    await expect(run).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    finish.resolve();
    await sql`select 1`.execute(db);
    expect(driver.log.slice(-3)).toEqual(['begin', 'rollback', 'select 1']);
  });
});

describe('retry', () => {
  const conflict = () => Object.assign(new Error('could not serialize'), { code: '40001' });

  test('runs the callback again after a serialization failure, in a new transaction', async () => {
    const { db, pool } = overFake();
    let tries = 0;
    const result = await managedTransaction(db, { retry: { limit: 2, baseMs: 1 } }, async () => {
      tries += 1;
      if (tries < 3) throw conflict();
      return tries;
    });
    expect(result).toBe(3);
    expect(pool.sent).toEqual(['begin', 'rollback', 'begin', 'rollback', 'begin', 'commit']);
  });

  test('gives up at its limit with the last error, and does not retry others', async () => {
    const { db } = overFake();
    let tries = 0;
    const failing = managedTransaction(db, { retry: { limit: 1, baseMs: 1 } }, () => {
      tries += 1;
      return Promise.reject(Object.assign(conflict(), { tries }));
    });
    await expect(failing).rejects.toMatchObject({ code: '40001', tries: 2 });
    const other = managedTransaction(db, { retry: { limit: 5 } }, () =>
      Promise.reject(new Error(`try ${(tries += 1)}`)),
    );
    await expect(other).rejects.toThrow('try 3');
  });

  test('does not retry a nested block, but the outermost', async () => {
    const { db } = overFake();
    const tries = { outer: 0, inner: 0 };
    await managedTransaction(db, { retry: { limit: 1, baseMs: 1 } }, async (trx) => {
      tries.outer += 1;
      await managedTransaction(trx, { retry: { limit: 5, baseMs: 1 } }, () => {
        tries.inner += 1;
        if (tries.inner === 1) throw conflict();
      });
    });
    expect(tries).toEqual({ outer: 2, inner: 2 });
  });

  test('the deadline covers all tries and the pauses between them', async () => {
    const { db } = overFake();
    const run = managedTransaction(db, { timeoutMs: 50, retry: { limit: 1_000, baseMs: 5 } }, () =>
      Promise.reject(conflict()),
    );
    await expect(run).rejects.toSatisfy((error: { code: string }) =>
      ['LG_SESSION_TIMEOUT', '40001'].includes(error.code),
    );
  });

  test('refuses options that make no sense', async () => {
    const { db } = overFake();
    await expect(managedTransaction(db, { retry: { limit: -1 } }, () => 1)).rejects.toThrow('retry.limit');
    await expect(managedTransaction(db, { timeoutMs: 0 }, () => 1)).rejects.toThrow('timeoutMs');
  });
});
