import type { PoolSnapshot } from '@lifeguard/core';
import type { Database } from './database.ts';
import { type Answer, BadRequest, type Routes } from './http.ts';
import { addProduct, createOrder, listOrders, listProducts, salesReport } from './shop.ts';

export function createRoutes({ db, pool }: Database): Routes {
  return {
    'GET /products': async () => ok(await listProducts(db)),
    'POST /products': async (call) => {
      const body = await call.json();
      const product = {
        name: readText(body, 'name'),
        price_cents: readCount(body, 'priceCents'),
        stock: readCount(body, 'stock'),
      };
      return created(await addProduct(db, product));
    },
    'GET /orders': async () => ok(await listOrders(db)),
    'POST /orders': async (call) => {
      const body = await call.json();
      return created(await createOrder(db, readCount(body, 'productId'), readCount(body, 'quantity')));
    },
    'GET /reports/sales': async () => ok(await salesReport(db)),
    // These two take no connection: they must answer when there is none.
    'GET /healthz': () => health(pool.snapshot()),
    'GET /status': () => ok(pool.snapshot()),
  };
}

/** Unhealthy while the pool has nothing to give to those who wait: send them to another instance. */
function health({ state, used, idle, pending, max }: PoolSnapshot): Answer {
  const exhausted = pending > 0 && idle === 0 && used >= max;
  const status = state !== 'open' ? state : exhausted ? 'exhausted' : 'ok';
  return { status: status === 'ok' ? 200 : 503, body: { status, used, max, pending } };
}

const ok = (body: unknown): Answer => ({ status: 200, body });
const created = (body: unknown): Answer => ({ status: 201, body });

function readText(body: unknown, key: string): string {
  const value = read(body, key);
  if (typeof value === 'string' && value.length > 0 && value.length <= 200) return value;
  throw new BadRequest(`"${key}" must be a text of 1 to 200 characters`);
}

function readCount(body: unknown, key: string): number {
  const value = read(body, key);
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 2 ** 31) return value;
  throw new BadRequest(`"${key}" must be a whole number above 0`);
}

function read(body: unknown, key: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[key] : undefined;
}
