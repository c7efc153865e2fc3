import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { parseSettings } from '@lifeguard/config';
import { failOnLeaks } from '@lifeguard/testing/node-test';
import { buildApp } from './app.ts';
import { openTestDatabase } from './testing.ts';

// A test that leaves a connection out fails, with the line that took it.
failOnLeaks();

describe('accounts', () => {
  let app: FastifyInstance;
  let drop: () => Promise<void>;

  before(async () => {
    const database = await openTestDatabase();
    drop = () => database.drop();
    const text =
      'providers: { database: { pool_size: 2, max_overflow: 1, reserved: 1, pool_timeout: 200ms } }';
    app = await buildApp(parseSettings(text, { env: { DATABASE_URL: database.url } }));
  });

  after(async () => {
    await app.close();
    await drop();
  });

  const get = (url: string) => app.inject({ url });
  const post = (url: string, payload: object) => app.inject({ method: 'POST', url, payload });
  const open = async (balanceCents: number): Promise<number> => {
    const response = await post('/accounts', { owner: 'Ada', balanceCents });
    return response.json<{ id: number }>().id;
  };
  const balanceOf = async (id: number): Promise<number> =>
    (await get(`/accounts/${id}`)).json<{ balance_cents: number }>().balance_cents;
  /** While `work` runs, both connections are held. */
  const whileExhausted = async (work: () => Promise<void>): Promise<void> => {
    const held = await Promise.all([1, 2].map(() => app.db.startTransaction().execute()));
    try {
      await work();
    } finally {
      await Promise.all(held.map((transaction) => transaction.rollback().execute()));
    }
  };

  test('moves money from one account to another', async () => {
    const [from, to] = [await open(500), await open(100)];
    const response = await post('/transfers', { from, to, amountCents: 200 });
    assert.equal(response.statusCode, 201);
    assert.deepEqual([await balanceOf(from), await balanceOf(to)], [300, 300]);
    assert.deepEqual((await get('/transfers')).json<unknown[]>()[0], response.json());
  });

  test('changes nothing when there is not enough, or nobody to receive it', async () => {
    const [from, to] = [await open(500), await open(100)];
    assert.equal((await post('/transfers', { from, to, amountCents: 501 })).statusCode, 409);
    assert.equal((await post('/transfers', { from, to: 999_999, amountCents: 1 })).statusCode, 409);
    assert.deepEqual([await balanceOf(from), await balanceOf(to)], [500, 100]);
  });

  test('loses nothing when transfers cross each other', async () => {
    const [one, other] = [await open(1_000), await open(1_000)];
    const crossing = Array.from({ length: 10 }, (_, index) =>
      post(
        '/transfers',
        index % 2 === 0
          ? { from: one, to: other, amountCents: 10 }
          : { from: other, to: one, amountCents: 10 },
      ),
    );
    await Promise.all(crossing);
    assert.equal((await balanceOf(one)) + (await balanceOf(other)), 2_000);
  });

  test('says what is wrong with a request', async () => {
    const response = await post('/transfers', { from: 'me', to: 1, amountCents: -1 });
    assert.equal(response.statusCode, 400);
    assert.match(response.body, /from/);
    assert.equal((await get('/accounts/999999')).statusCode, 404);
  });

  test('answers 503 and when to come back while every connection is in use', async () => {
    await whileExhausted(async () => {
      const response = await get('/transfers');
      assert.equal(response.statusCode, 503);
      assert.ok(Number(response.headers['retry-after']) >= 1);
      assert.equal((await get('/readyz')).statusCode, 200); // It has a connection of its own.
    });
    assert.equal((await get('/transfers')).statusCode, 200);
  });

  test('is alive, ready and measured', async () => {
    assert.deepEqual((await get('/livez')).json(), { status: 'live' });
    assert.equal((await get('/readyz')).json<{ status: string }>().status, 'ready');
    assert.match((await get('/metrics')).body, /pool_name="main"/);
  });
});
