import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { currentSession } from '@lifeguard/core';
import { contextStorage } from '@lifeguard/core/adapter';
import { overFake, overSqlite } from '../test-support/managed.ts';
import { managedTransaction } from './managed-transaction.ts';

test('an inner failure rolls back to its savepoint, and the outer goes on', async () => {
  const { db, names, add } = await overSqlite();
  await managedTransaction(db, async (trx) => {
    await add(trx, 'Ada');
    const inner = managedTransaction(trx, async (nested) => {
      await add(nested, 'Bob');
      throw new Error('inner');
    });
    await expect(inner).rejects.toThrow('inner');
    await managedTransaction(trx, (nested) => add(nested, 'Cyd'));
  });
  expect(await names()).toEqual(['Ada', 'Cyd']);
});

test('a call with the root instance joins the transaction around it', async () => {
  const { db, driver, names, add } = await overSqlite();
  const save = (name: string) => managedTransaction(db, (trx) => add(trx, name));
  await expect(
    managedTransaction(db, async () => {
      await save('Ada');
      await managedTransaction(db.withSchema('main'), async (trx) => {
        await add(trx, 'Bob');
        await save('Cyd');
      });
      throw new Error('outer');
    }),
  ).rejects.toThrow('outer');
  expect(await names()).toEqual([]);
  expect(driver.log.filter((text) => text === 'begin')).toHaveLength(1);
  expect(driver.log.filter((text) => text.startsWith('savepoint'))).toEqual([
    'savepoint "lifeguard_1"',
    'savepoint "lifeguard_1"',
    'savepoint "lifeguard_2"',
  ]);
  expect(driver.log.join()).toContain('insert into "main"."person"');
});

test('siblings run one after the other', async () => {
  const { db, driver, names, add } = await overSqlite();
  await managedTransaction(db, async (trx) => {
    const nested = (name: string, fails: boolean) =>
      managedTransaction(trx, async (inner) => {
        await add(inner, name);
        await sleep(5);
        if (fails) throw new Error(name);
      });
    const results = await Promise.allSettled([
      nested('Ada', false),
      nested('Bob', true),
      nested('Cyd', false),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
  expect(await names()).toEqual(['Ada', 'Cyd']);
  const commands = driver.log
    .filter((text) => /savepoint|rollback|release/.test(text))
    .map((text) => text.split(' "')[0]);
  expect(commands).toEqual([
    'savepoint',
    'release',
    'savepoint',
    'rollback to',
    'release',
    'savepoint',
    'release',
  ]);
});

test('takes the smaller remaining time', async () => {
  const { db } = await overSqlite();
  await managedTransaction(db, { timeoutMs: 5_000 }, async (trx, outer) => {
    await managedTransaction(trx, { timeoutMs: 60_000 }, async (_, session) => {
      expect(session.deadline.at).toBeCloseTo(outer.deadline.at, 0);
      expect(currentSession()).toBe(session);
    });
    await managedTransaction(trx, (_, session) =>
      expect(session.deadline.at).toBeCloseTo(outer.deadline.at, 0),
    );
  });
});

test('an inner deadline rolls back to the savepoint before the outer hears of it', async () => {
  const { db, names, add } = await overSqlite();
  let zombie: Promise<unknown> = Promise.resolve();
  await managedTransaction(db, async (trx) => {
    const inner = managedTransaction(trx, { timeoutMs: 20 }, async (nested, { signal }) => {
      zombie = once(signal, 'abort').then(() => add(nested, 'zombie'));
      await add(nested, 'Ada');
      await zombie;
    });
    await expect(inner).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    await add(trx, 'Bob');
    await expect(zombie).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
  });
  expect(await names()).toEqual(['Bob']);
});

test('an inner deadline cancels what its block runs, where the dialect is ours', async () => {
  const slow = Promise.withResolvers<Partial<{ rows: unknown[] }>>();
  const { db, pool } = overFake((text) => (text === 'select slow' ? slow.promise : undefined));
  const cancel = Promise.withResolvers<void>();
  const run = managedTransaction(db, async (trx) => {
    const inner = managedTransaction(trx, { timeoutMs: 20 }, (nested) => sql`select slow`.execute(nested));
    const rejected = expect(inner).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
    while (pool.cancels === 0) await sleep(1);
    slow.reject(Object.assign(new Error('canceled'), { code: '57014' }));
    await rejected;
    cancel.resolve();
  });
  await run;
  expect(pool.cancels).toBe(1);
  expect(pool.sent.slice(2)).toEqual([
    'select slow',
    'rollback to savepoint "lifeguard_1"',
    'release savepoint "lifeguard_1"',
    'commit',
  ]);
});

test('the end of the outer ends the inner', async () => {
  const { db, pool } = overFake();
  const inner = Promise.withResolvers<unknown>();
  const run = managedTransaction(db, { timeoutMs: 20 }, async (trx) => {
    await managedTransaction(trx, () => new Promise(() => undefined)).catch(inner.resolve);
  });
  await expect(run).rejects.toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
  expect(await inner.promise).toMatchObject({ code: 'LG_SESSION_TIMEOUT' });
  expect(pool.core.counts().used).toBe(0);
});

test('a savepoint that cannot be rolled back forbids the commit', async () => {
  const { db, pool } = overFake((text) => {
    if (text.startsWith('rollback to')) throw new Error('no such savepoint');
    return undefined;
  });
  const run = managedTransaction(db, async (trx) => {
    await managedTransaction(trx, () => Promise.reject(new Error('inner'))).catch(() => undefined);
  });
  await expect(run).rejects.toMatchObject({ code: 'LG_COMMIT_ROLLED_BACK' });
  expect(pool.sent.at(-1)).toBe('rollback');
});

test('a failure that was caught inside makes the release fail, and only the inner block is lost', async () => {
  const aborted = Object.assign(new Error('current transaction is aborted'), { code: '25P02' });
  const { db } = overFake((text) => {
    if (text === 'select broken') throw Object.assign(new Error('broken'), { code: '42703' });
    if (text.startsWith('release') && !text.includes('again')) {
      if (first) {
        first = false;
        throw aborted;
      }
    }
    return undefined;
  });
  let first = true;
  const result = await managedTransaction(db, async (trx) => {
    const inner = managedTransaction(trx, async (nested) => {
      await sql`select broken`.execute(nested).catch(() => undefined);
    });
    await expect(inner).rejects.toMatchObject({
      code: 'LG_COMMIT_ROLLED_BACK',
      failedStatement: 'select broken',
    });
    return 'outer';
  });
  expect(result).toBe('outer');
});

test('a block that nobody awaited is finished before the commit', async () => {
  const { db, names, add } = await overSqlite();
  await managedTransaction(db, (trx) => {
    void managedTransaction(trx, async (nested) => {
      await add(nested, 'Ada');
      await sleep(10);
      await add(nested, 'Bob');
    });
  });
  expect(await names()).toEqual(['Ada', 'Bob']);
});

test('two roots at the same time are two transactions', async () => {
  const { db, pool } = overFake();
  await Promise.all([managedTransaction(db, () => sleep(5)), managedTransaction(db, () => sleep(5))]);
  expect(pool.clients).toHaveLength(2);
  expect(pool.sent.filter((text) => text === 'begin')).toHaveLength(2);
});

test('another instance inside is another transaction', async () => {
  const one = overFake();
  const two = overFake();
  await managedTransaction(one.db, () => managedTransaction(two.db, (trx) => sql`select 2`.execute(trx)));
  expect(one.pool.sent).toEqual(['begin', 'commit']);
  expect(two.pool.sent).toEqual(['begin', 'select 2', 'commit']);
});

test('joins a transaction that Kysely began, and leaves its end to it', async () => {
  const { db, names, add } = await overSqlite();
  await db.transaction().execute(async (trx) => {
    await managedTransaction(trx, (nested) => add(nested, 'Ada'));
    const failing = managedTransaction(trx, async (nested) => {
      await add(nested, 'Bob');
      throw new Error('inner');
    });
    await expect(failing).rejects.toThrow('inner');
  });
  expect(await names()).toEqual(['Ada']);
});

test('a transaction begun by Kysely inside a managed one is not taken for it', async () => {
  const { db, pool } = overFake();
  await managedTransaction(db, async (outer) => {
    await db.transaction().execute(async (other) => {
      await managedTransaction(other.withSchema('x'), (trx) => sql`select other`.execute(trx));
    });
    await managedTransaction(outer.withSchema('y'), (trx) => sql`select own`.execute(trx));
  });
  const [own, other] = pool.clients.map(({ sent }) => sent);
  expect(own).toContain('select own');
  expect(other).toContain('select other');
});

test('what outlives its transaction begins one of its own', async () => {
  const { db, names, add } = await overSqlite();
  let later: Promise<unknown> = Promise.resolve();
  await managedTransaction(db, () => {
    later = sleep(20).then(() => managedTransaction(db, (trx) => add(trx, 'Ada')));
  });
  await later;
  expect(await names()).toEqual(['Ada']);
});

test('a block that has lost its async context is found by its transaction, and keeps its deadline', async () => {
  const { db, driver, add } = await overSqlite();
  await managedTransaction(db, { timeoutMs: 1_000 }, async (trx, outer) => {
    const nested = () =>
      managedTransaction(trx, (inner, session) => add(inner, `${session.parent === outer}`));
    await contextStorage().run(undefined, () => Promise.all([nested(), nested()]));
  });
  expect(driver.log.filter((text) => /^(begin|savepoint)/.test(text))).toEqual([
    'begin',
    'savepoint "lifeguard_1"',
    'savepoint "lifeguard_1"',
  ]);
  expect(await db.selectFrom('person').select('name').distinct().execute()).toEqual([{ name: 'true' }]);
});

test('a block in a transaction that is over is refused', async () => {
  const { db } = await overSqlite();
  const trx = await managedTransaction(db, (own) => own);
  await expect(managedTransaction(trx, () => 1)).rejects.toMatchObject({ code: 'LG_LEASE_RELEASED' });
});

test('a driver that cannot release savepoints (SQL Server) can nest all the same', async () => {
  const { db, driver, names, add } = await overSqlite();
  Object.assign(driver, { releaseSavepoint: undefined });
  await managedTransaction(db, async (trx) => {
    await managedTransaction(trx, (inner) => add(inner, 'Ada'));
    await managedTransaction(trx, () => Promise.reject(new Error('inner'))).catch(() => undefined);
  });
  expect(await names()).toEqual(['Ada']);
});

test('a driver without savepoints refuses to nest, and the transaction goes on', async () => {
  const { db, driver, names, add } = await overSqlite();
  Object.assign(driver, { savepoint: undefined });
  await managedTransaction(db, async (trx) => {
    await add(trx, 'Ada');
    await expect(managedTransaction(trx, () => 1)).rejects.toThrow('not supported by this driver');
  });
  expect(await names()).toEqual(['Ada']);
});

test('a query of a block that comes after its end does not fall into the transaction around it', async () => {
  const { db, names, add } = await overSqlite();
  await managedTransaction(db, async (trx) => {
    let late: Promise<unknown> = Promise.resolve();
    await managedTransaction(trx, (inner) => {
      late = sleep(5).then(() => add(inner.withSchema('main'), 'late'));
    });
    await expect(late).rejects.toMatchObject({ code: 'LG_LEASE_RELEASED' });
    await add(trx, 'Ada');
  });
  expect(await names()).toEqual(['Ada']);
});
