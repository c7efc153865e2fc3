import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parseSettings } from '@lifeguard/config';
import { failOnLeaks } from '@lifeguard/testing/node-test';
import { openService, type Service } from './service.ts';
import { openTestDatabase } from './testing.ts';

// A test that leaves a connection out fails, with the line that took it.
failOnLeaks();

describe('orders', () => {
  let service: Service;
  let drop: () => Promise<void>;

  before(async () => {
    const database = await openTestDatabase();
    drop = () => database.drop();
    const text =
      'providers: { database: { pool_size: 2, max_overflow: 1, reserved: 1, pool_timeout: 200ms } }';
    service = await openService(parseSettings(text, { env: { DATABASE_URL: database.url } }));
  });

  after(async () => {
    await service.close();
    await drop();
  });

  const post = (path: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
    service.app.request(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  const stockOf = async (id: number): Promise<number | undefined> =>
    (await service.db.selectFrom('products').select('stock').where('id', '=', id).executeTakeFirst())?.stock;
  const addProduct = async (stock: number): Promise<number> => {
    const response = await post('/products', { name: 'lamp', priceCents: 2_500, stock });
    return ((await response.json()) as { id: number }).id;
  };
  const line = (productId: number, quantity: number) => ({ productId, quantity });
  /** While `work` runs, both connections are held. */
  const whileExhausted = async (work: () => Promise<void>): Promise<void> => {
    const held = await Promise.all([1, 2].map(() => service.db.startTransaction().execute()));
    try {
      await work();
    } finally {
      await Promise.all(held.map((transaction) => transaction.rollback().execute()));
    }
  };

  test('orders what can be had, and leaves the rest as it was', async () => {
    const [plenty, few] = [await addProduct(10), await addProduct(1)];
    const response = await post('/orders', { customer: 'Ada', lines: [line(plenty, 4), line(few, 2)] });
    assert.equal(response.status, 201);
    const order = (await response.json()) as { id: number; missing: number[] };
    assert.deepEqual(order, { id: order.id, totalCents: 10_000, missing: [few], points: 100 });
    assert.deepEqual([await stockOf(plenty), await stockOf(few)], [6, 1]);
  });

  test('leaves no order behind when nothing can be had', async () => {
    const few = await addProduct(1);
    assert.equal((await post('/orders', { customer: 'Bob', lines: [line(few, 2)] })).status, 409);
    const left = await service.db.selectFrom('orders').select('id').where('customer', '=', 'Bob').execute();
    assert.deepEqual(left, []);
  });

  test('keeps the order when the server refuses its points', async () => {
    const product = await addProduct(100);
    const response = await post('/orders', { customer: 'Eve', lines: [line(product, 41)] });
    assert.equal(((await response.json()) as { points: number }).points, 0);
    assert.equal(response.status, 201);
    assert.equal(await stockOf(product), 59);
  });

  test('answers at the deadline that the request names, and rolls back', async () => {
    const product = await addProduct(5);
    const other = await service.db.startTransaction().execute();
    await other.updateTable('products').set({ stock: 4 }).where('id', '=', product).execute();
    const body = { customer: 'Ada', lines: [line(product, 1)] };
    const response = await post('/orders', body, { 'request-timeout-ms': '150' });
    assert.equal(response.status, 504);
    await other.commit().execute();
    assert.equal(await stockOf(product), 4);
    assert.equal((await post('/orders', body, { 'request-timeout-ms': 'soon' })).status, 400);
  });

  test('answers 503 and when to come back while every connection is in use', async () => {
    await whileExhausted(async () => {
      const response = await service.app.request('/report');
      assert.equal(response.status, 503);
      assert.ok(Number(response.headers.get('retry-after')) >= 1);
      assert.equal((await service.app.request('/readyz')).status, 200); // It has a connection of its own.
    });
    assert.equal((await service.app.request('/report')).status, 200);
  });

  test('says what is wrong with a request', async () => {
    assert.equal((await post('/orders', { customer: 'Ada', lines: [] })).status, 400);
    assert.equal((await post('/orders', { customer: 'Ada', lines: [line(1, 1), line(1, 2)] })).status, 400);
    assert.equal((await post('/products', { name: '' })).status, 400);
    assert.equal((await service.app.request('/orders', { method: 'POST', body: '{' })).status, 400);
    const json = { 'content-type': 'application/json' };
    for (const body of ['null', '{'])
      assert.equal(
        (await service.app.request('/products', { method: 'POST', headers: json, body })).status,
        400,
      );
    assert.equal((await post('/products', { name: 'x'.repeat(70_000) })).status, 413);
  });

  test('is alive, ready and measured', async () => {
    assert.deepEqual(await (await service.app.request('/livez')).json(), { status: 'live' });
    assert.equal((await service.app.request('/readyz')).status, 200);
    assert.match(await (await service.app.request('/metrics')).text(), /pool_name="main"/);
  });
});
