import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { parseSettings } from '@lifeguard/config';
import { failOnLeaks } from '@lifeguard/testing/node-test';
import { openService, type Service } from './service.ts';
import { openTestDatabase } from './testing.ts';

// A test that leaves a connection out fails, with the line that took it.
failOnLeaks();

describe('events', () => {
  let service: Service;
  let server: Server;
  let url: string;
  let drop: () => Promise<void>;

  before(async () => {
    const database = await openTestDatabase();
    drop = () => database.drop();
    const text = 'providers: { database: { pool_size: 2, pool_timeout: 200ms } }';
    service = await openService(parseSettings(text, { env: { DATABASE_URL: database.url } }));
    server = service.app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await service.close();
    await drop();
  });

  const post = (path: string, body: object) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const addEvent = async (seats: number): Promise<number> => {
    const response = await post('/events', { name: 'concert', seats });
    return ((await response.json()) as { id: number }).id;
  };
  /** While `work` runs, both connections are held. */
  const whileExhausted = async (work: () => Promise<void>): Promise<void> => {
    const held = await Promise.all([1, 2].map(() => service.db.startTransaction().execute()));
    try {
      await work();
    } finally {
      await Promise.all(held.map((transaction) => transaction.rollback().execute()));
    }
  };

  test('books seats, and lists what is left', async () => {
    const id = await addEvent(5);
    const response = await post(`/events/${id}/bookings`, { customer: 'Ada', seats: 2 });
    assert.equal(response.status, 201);
    const [event] = (await (await fetch(`${url}/events`)).json()) as unknown[];
    assert.deepEqual(event, { id, name: 'concert', seats_left: 3 });
  });

  test('never books more seats than there are, however many ask at once', async () => {
    const id = await addEvent(3);
    const asking = Array.from({ length: 6 }, () =>
      post(`/events/${id}/bookings`, { customer: 'Ada', seats: 1 }),
    );
    const answers = await Promise.all(asking);
    assert.equal(answers.filter(({ status }) => status === 201).length, 3);
    assert.equal(answers.filter(({ status }) => status === 409).length, 3);
  });

  test('says what is wrong with a request', async () => {
    assert.equal((await post('/events', { name: '', seats: 1 })).status, 400);
    assert.equal((await post('/events/me/bookings', { customer: 'Ada', seats: 1 })).status, 400);
    const broken = await fetch(`${url}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    assert.equal(broken.status, 400);
    assert.equal((await fetch(`${url}/nowhere`)).status, 404);
  });

  test('answers 503 and when to come back while every connection is in use, and says so to the probe', async () => {
    await whileExhausted(async () => {
      const response = await fetch(`${url}/events`);
      assert.equal(response.status, 503);
      assert.equal(response.headers.get('retry-after'), '1');
      const ready = await fetch(`${url}/readyz`);
      assert.equal(ready.status, 200);
      assert.equal(((await ready.json()) as { status: string }).status, 'degraded');
    });
    assert.equal((await fetch(`${url}/events`)).status, 200);
  });

  test('is alive and measured', async () => {
    assert.deepEqual(await (await fetch(`${url}/livez`)).json(), { status: 'live' });
    assert.match(await (await fetch(`${url}/metrics`)).text(), /pool_name="main"/);
  });
});
