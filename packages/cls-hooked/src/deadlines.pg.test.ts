import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { currentSession, runSession } from '@lifeguard/core';
import { LifeguardPool } from '@lifeguard/pg';
import { createDatabase } from '@lifeguard/testing';
import { BOTH } from '../test-support/both.ts';
import type { ClsNamespace } from '../test-support/both.ts';
import { bridgedNamespace, lost } from '../test-support/bridged.ts';
import { fakeSequelize } from '../test-support/fake-sequelize.ts';

const timedOut = { code: 'LG_SESSION_TIMEOUT' };

let database: Awaited<ReturnType<typeof createDatabase>>;
beforeAll(async () => {
  database = await createDatabase(inject('databaseUrl'));
});
afterAll(() => database.drop());

describe.each(BOTH)('a deadline that a namespace of %s carries', (_, cls) => {
  const rig = bridgedNamespace(cls);
  let ns: ClsNamespace;
  let pool: LifeguardPool;
  beforeEach(() => {
    ({ ns } = rig);
    pool = new LifeguardPool({ connectionString: database.url, max: 4 });
  });
  afterEach(async () => {
    await pool.close({ drainMs: 0 });
  });

  const stillRunning = async (): Promise<number> => {
    const text = `select count(*)::int as n from pg_stat_activity where datname = current_database() and state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()`;
    const { rows } = await pool.query<{ n: number }>(text);
    return rows[0]?.n ?? -1;
  };

  test('ends a query of code that has lost its AsyncLocalStorage, on the server too', async () => {
    let query: Promise<unknown> | undefined;
    const session = runSession({ name: 'slow', timeoutMs: 150 }, async () => {
      await sleep(1);
      query = lost(() => pool.query('select pg_sleep(30)'));
      await query;
    });
    await expect(session).rejects.toMatchObject(timedOut);
    await expect(query).rejects.toMatchObject({ code: expect.stringMatching(/^LG_/) as string });
    await expect.poll(stillRunning, { timeout: 5_000 }).toBe(0);
  });

  test('is found by a function that was bound to it, whoever calls it', async () => {
    const queue: (() => void)[] = [];
    const session = runSession({ name: 'queued', timeoutMs: 150 }, async () => {
      await new Promise((resolve, reject) => {
        queue.push(ns.bind(() => void pool.query('select pg_sleep(30)').then(resolve, reject)));
      });
    });
    await runSession({ name: 'other', timeoutMs: 10_000 }, () => queue.pop()?.());
    await expect(session).rejects.toMatchObject(timedOut);
    await expect.poll(stillRunning, { timeout: 5_000 }).toBe(0);
  });

  test('ends nothing of what comes after it, though runPromise was in between', async () => {
    const slow = ns.runPromise(() =>
      runSession({ name: 'slow', timeoutMs: 100 }, () => lost(() => pool.query('select pg_sleep(30)'))),
    );
    // Beside it, and not in it.
    const beside = pool.query<{ n: number }>('select 1 as n, pg_sleep(0.3)');
    await expect(slow).rejects.toMatchObject(timedOut);
    expect(currentSession()).toBeUndefined();
    expect((await beside).rows).toMatchObject([{ n: 1 }]);
    expect((await pool.query<{ n: number }>('select 2 as n')).rows).toEqual([{ n: 2 }]);
  });

  test('ends its own session alone, of many side by side', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, (_each, id) =>
        ns.runAndReturn(() => {
          ns.set('id', id);
          return runSession({ name: `${id}`, timeoutMs: id % 3 === 0 ? 200 : 20_000 }, async () => {
            await lost(() => pool.query(id % 3 === 0 ? 'select pg_sleep(30)' : 'select pg_sleep(0.01)'));
            return ns.get('id') as number;
          });
        }),
      ),
    );
    for (const [id, result] of results.entries()) {
      if (id % 3 === 0) expect(result).toMatchObject({ status: 'rejected', reason: timedOut });
      else expect(result).toEqual({ status: 'fulfilled', value: id });
    }
  });

  test('holds for a transaction that an ORM finds in the namespace', async () => {
    const sequelize = fakeSequelize(pool);
    sequelize.useCLS(ns);
    const pids = await sequelize.transaction(async () => [
      await sequelize.query('select pg_backend_pid() as pid'),
      await runSession({ name: 'inside' }, () => sequelize.query('select pg_backend_pid() as pid')),
      await lost(() => sequelize.query('select pg_backend_pid() as pid')),
    ]);
    expect(new Set(pids).size).toBe(1);
    const slow = runSession({ name: 'slow', timeoutMs: 150 }, () =>
      sequelize.transaction(() => lost(() => sequelize.query('select pg_sleep(30) as pid'))),
    );
    await expect(slow).rejects.toMatchObject(timedOut);
    await expect.poll(stillRunning, { timeout: 5_000 }).toBe(0);
    await expect.poll(() => pool.snapshot().used, { timeout: 5_000 }).toBe(0);
  });
});
