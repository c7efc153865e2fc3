import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { parseSettings } from '@lifeguard/config';
import { createDatabase, type TestDatabase } from '@lifeguard/testing';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { connectAdmin } from '@lifeguard/admin';
import { type Service, startService } from './service.ts';

let database: TestDatabase;

beforeEach(async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true); // The log.
  database = await createDatabase(inject('databaseUrl'));
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await database.drop();
});

describe('the shop', () => {
  let service: Service;

  beforeEach(async () => {
    service = await start();
    await post(service, '/products', { name: 'lamp', priceCents: 2_500, stock: 3 });
  });

  afterEach(async () => {
    await service.close();
    await expectNoBackends();
  });

  test('takes an order, lists it and reports it', async () => {
    const created = await post(service, '/orders', { productId: 1, quantity: 2 });
    expect(created).toMatchObject({
      status: 201,
      body: { product_id: 1, total_cents: 5_000, status: 'open' },
    });
    expect((await get(service, '/orders')).body).toEqual([created.body]);
    expect((await get(service, '/products')).body).toMatchObject([{ name: 'lamp', stock: 1 }]);
    expect((await get(service, '/reports/sales')).body).toEqual([
      { name: 'lamp', orders: 1, revenueCents: 5_000 },
    ]);
  });

  test('changes nothing for an order that it cannot fill', async () => {
    expect(await post(service, '/orders', { productId: 1, quantity: 4 })).toMatchObject({ status: 400 });
    expect((await get(service, '/products')).body).toMatchObject([{ stock: 3 }]);
    expect((await get(service, '/orders')).body).toEqual([]);
  });

  test('never sells more than it has, however many ask at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(service, '/orders', { productId: 1, quantity: 1 })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect((await get(service, '/products')).body).toMatchObject([{ stock: 0 }]);
  });

  test.each([
    ['no JSON', '{', '"the request is not JSON"'],
    ['a text for a number', '{"productId":"1","quantity":1}', 'productId'],
    ['a negative quantity', '{"productId":1,"quantity":-1}', 'quantity'],
    ['too much', `"${'x'.repeat(70_000)}"`, 'too large'],
  ])('answers %s with 400 and says why', async (_what, body, reason) => {
    const response = await fetch(`${service.url}/orders`, { method: 'POST', body });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(reason.replaceAll('"', ''));
  });

  test('answers 404 for what it does not have, the planted leaks included', async () => {
    expect(await get(service, '/toString')).toMatchObject({ status: 404 });
    expect(await get(service, '//')).toMatchObject({ status: 400 });
    expect(await get(service, '/demo/export')).toMatchObject({ status: 404 });
  });

  test('holds no connection between requests', async () => {
    await get(service, '/reports/sales');
    expect(await get(service, '/status')).toMatchObject({
      status: 200,
      body: { used: 0, pending: 0, max: 3 },
    });
    expect(await get(service, '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  test('tells a load balancer that it is ready, and an operator how it is', async () => {
    expect(await get(service, '/livez')).toMatchObject({ status: 200, body: { status: 'live' } });
    expect(await get(service, '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
    const shop = await connectAdmin({ pid: process.pid });
    expect(await shop.get('/v1/health')).toMatchObject({ pools: [{ name: 'main', max: 3 }] });
    expect(await shop.get('/v1/metrics')).toContain(
      'db_client_connection_max{db_client_connection_pool_name="main"} 3\n',
    );
  });
});

describe('with leaks planted', () => {
  test('names the line that leaks, answers 503 when exhausted, and gives everything back when closed', async () => {
    vi.stubEnv('PLANT_LEAKS', '1');
    const service = await start();
    await Promise.all([1, 2, 3].map(() => post(service, '/demo/refunds?order=1&cents=1', {})));
    const waiting = get(service, '/products');
    await until(async () => (await get(service, '/status')).body.pending === 1);
    expect(await get(service, '/healthz')).toMatchObject({
      status: 503,
      body: { status: 'exhausted', used: 3 },
    });
    expect(await waiting).toMatchObject({ status: 503, body: { code: 'LG_ACQUIRE_TIMEOUT' } });
    expect((await get(service, '/status')).body).toMatchObject({
      holders: [{ count: 3, state: 'idle in transaction', site: { functionName: 'refundOrder' } }],
    });
    expect(await service.close()).toEqual({ draining: 3, revoked: 3, lost: 0 });
    await expectNoBackends();
  });

  test('names the route whose request has left a connection behind', async () => {
    vi.stubEnv('PLANT_LEAKS', '1');
    const service = await start();
    await post(service, '/demo/refunds?order=1&cents=1', {});
    await until(async () => ((await get(service, '/status')).body['reports'] as object[]).length > 0);
    expect((await get(service, '/status')).body).toMatchObject({
      reports: [{ evidence: ['orphaned'], lease: { session: { name: 'POST /demo/refunds' } } }],
    });
    await service.close();
  });

  test('turns away one of those who could only wait for each other, and serves the others', async () => {
    vi.stubEnv('PLANT_LEAKS', '1');
    const service = await start();
    await post(service, '/products', { name: 'lamp', priceCents: 2_500, stock: 3 });
    await post(service, '/orders', { productId: 1, quantity: 1 });
    const answers = await Promise.all([1, 2, 3].map(() => get(service, '/demo/invoice?order=1')));
    const failed = answers.filter(({ status }) => status !== 200);
    expect(failed).toMatchObject([{ status: 503, body: { code: 'LG_POOL_DEADLOCK' } }]);
    await service.close();
  });

  test('ends a query at its deadline, on the server too', async () => {
    vi.stubEnv('PLANT_LEAKS', '1');
    const service = await start();
    await post(service, '/products', { name: 'lamp', priceCents: 2_500, stock: 3 });
    await post(service, '/orders', { productId: 1, quantity: 1 });
    expect(await get(service, '/demo/export')).toMatchObject({
      status: 504,
      body: { code: 'LG_SESSION_TIMEOUT' },
    });
    await until(async () => (await backends("and query like '%pg_sleep(60)%'")) === 0);
    await service.close();
  });
});

test('the process says where it listens, and ends in good order when it is asked to', async () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const env = { ...process.env, DATABASE_URL: database.url, PORT: '0' };
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const exited = once(child, 'exit');
  try {
    await until(() => Promise.resolve(lines.length > 0));
    const { url } = JSON.parse(lines[0] ?? '') as { url: string };
    expect(await (await fetch(`${url}/orders`)).json()).toEqual([]);
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(lines.at(-1)).toContain('closed; 0 connections were in use');
    await expectNoBackends();
  } finally {
    child.kill('SIGKILL');
  }
});

function start(): Promise<Service> {
  const text = `
providers:
  database:
    pool_size: 3
    max_overflow: 0
    pool_timeout: 1s
    orphan_grace: 50ms
    monitor_interval: 20ms
    drain_timeout: 200ms`;
  return startService(parseSettings(text, { env: { DATABASE_URL: database.url } }), 0);
}

interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function get({ url }: Service, path: string): Promise<Reply> {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, body: (await response.json()) as Reply['body'] };
}

async function post({ url }: Service, path: string, body: object): Promise<Reply> {
  const response = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Reply['body'] };
}

async function expectNoBackends(): Promise<void> {
  await until(async () => (await backends()) === 0);
}

async function backends(filter = ''): Promise<number> {
  const client = new pg.Client({ connectionString: inject('databaseUrl') });
  await client.connect();
  try {
    const name = new URL(database.url).pathname.slice(1);
    const { rows } = await client.query(`select 1 from pg_stat_activity where datname = $1 ${filter}`, [
      name,
    ]);
    return rows.length;
  } finally {
    await client.end();
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const startedAt = Date.now(); !(await condition()); await delay(20)) {
    if (Date.now() - startedAt > 10_000) throw new Error('waited for 10 s in vain');
  }
}
