import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { parseSettings } from '@lifeguard/config';
import { failOnLeaks } from '@lifeguard/testing/node-test';
import { handlers } from './jobs.ts';
import { type Service, startService } from './service.ts';
import { openTestDatabase } from './testing.ts';
import type { WorkerOptions } from './worker.ts';

// A test that leaves a connection out fails, with the line that took it.
failOnLeaks();

describe('a worker', () => {
  let url: string;
  let drop: () => Promise<void>;
  let service: Service;

  beforeEach(async () => {
    const database = await openTestDatabase();
    url = database.url;
    drop = () => database.drop();
  });

  afterEach(async () => {
    await service.close();
    await drop();
  });

  const start = async (options: Partial<WorkerOptions> = {}): Promise<void> => {
    const text =
      'providers: { database: { pool_size: 3, max_overflow: 1, reserved: 1, pool_timeout: 200ms } }';
    const settings = parseSettings(text, { env: { DATABASE_URL: url } });
    service = await startService(settings, { workers: 1, pollMs: 20, ...options });
  };
  const enqueue = async (kind: string, payloads: readonly object[]): Promise<void> => {
    const values = payloads.map((payload) => ({ kind, payload: JSON.stringify(payload) }));
    await service.db.insertInto('jobs').values(values).execute();
  };
  const count = async (state: 'queued' | 'done' | 'failed'): Promise<number> =>
    (await service.db.selectFrom('jobs').select('id').where('state', '=', state).execute()).length;
  const until = async (condition: () => Promise<boolean>): Promise<void> => {
    for (const giveUpAt = Date.now() + 10_000; !(await condition()); await delay(20))
      assert.ok(Date.now() < giveUpAt, 'not within 10 s');
  };

  test('does what is queued, each job once, however many work on it', async () => {
    await start({ workers: 2, batchSize: 7 });
    const payloads = Array.from({ length: 40 }, (_, index) => ({ customer: `c${index}`, totalCents: 100 }));
    await enqueue('create-invoice', payloads);
    await until(async () => (await count('done')) === 40);
    const invoices = await service.db.selectFrom('invoices').select('customer').execute();
    assert.deepEqual(
      invoices.map(({ customer }) => customer).sort(),
      payloads.map(({ customer }) => customer).sort(),
    );
  });

  test('undoes a job that fails, keeps those beside it, and tries it again later', async () => {
    await start();
    await enqueue('create-invoice', [
      { customer: 'Ada', totalCents: 100 },
      { customer: 'Bob', totalCents: -1 },
      { customer: 'Eve', totalCents: 100 },
    ]);
    await until(async () => (await count('done')) === 2);
    const [failed] = await service.db.selectFrom('jobs').selectAll().where('state', '=', 'queued').execute();
    assert.equal(failed?.attempts, 1);
    assert.ok(failed.run_at > new Date());
    assert.match(failed.last_error ?? '', /invoices_total_positive/);
  });

  test('gives a job up that fails each time', async () => {
    await start();
    await service.db
      .insertInto('jobs')
      .values({ kind: 'no-such-kind', payload: '{}', attempts: 4 })
      .execute();
    await until(async () => (await count('failed')) === 1);
  });

  test('ends a job that takes too long, and goes on with the next', async () => {
    const waits = Promise.withResolvers<void>();
    await start({ jobTimeoutMs: 50, handlers: { ...handlers, hang: () => waits.promise } });
    await enqueue('hang', [{}]);
    await enqueue('create-invoice', [{ customer: 'Ada', totalCents: 100 }]);
    await until(async () => (await count('done')) === 1);
    assert.equal(await count('queued'), 1);
    waits.resolve();
  });

  test('finishes the job under way when it is stopped, and hands back those it had not begun', async () => {
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const slow = async (): Promise<void> => {
      begun.resolve();
      await gate.promise;
    };
    await start({ handlers: { slow } });
    await enqueue('slow', [{}, {}, {}]);
    await begun.promise;
    service.drain();
    gate.resolve();
    await until(async () => (await count('done')) === 1);
    assert.equal(await count('queued'), 2);
  });

  test('comes back after its pool was exhausted', async () => {
    await start();
    const held = await Promise.all([1, 2, 3].map(() => service.db.startTransaction().execute()));
    await delay(300);
    await Promise.all(held.map((transaction) => transaction.rollback().execute()));
    await enqueue('create-invoice', [{ customer: 'Ada', totalCents: 100 }]);
    await until(async () => (await count('done')) === 1);
  });
});
