// Planted leaks for the demo, mounted only with PLANT_LEAKS=1. Delete this folder when you copy the template.
//
// Each function has one mistake of a kind that passes review, and is called on purpose so that you can watch what it
// does to a pool.
//
// A handle that was dropped is known when the garbage collector has seen it. A busy service calls it all the time, a short
// run may never: `node --expose-gc` has it called twice a second.

import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import { managedTransaction } from '@lifeguard/kysely';
import type { Database, Tables } from '../database.ts';
import type { Answer, Routes } from '../http.ts';

export function createLeakyRoutes({ db, pool }: Database): Routes {
  if (globalThis.gc !== undefined) setInterval(() => globalThis.gc?.(), 500).unref();
  return {
    'POST /demo/refunds': async (call) =>
      refundOrder(db, Number(call.query.get('order')), Number(call.query.get('cents'))),
    'POST /demo/prices': async (call) => importPrices(pool, await call.text()),
    'POST /demo/payments': async (call) => payOrder(db, Number(call.query.get('order'))),
    'GET /demo/export': () => exportSales(db),
    'GET /demo/invoice': async (call) => printInvoice(db, Number(call.query.get('order'))),
    'GET /demo/dashboard': () => loadDashboard(db),
  };
}

/** The mistake: the early return leaves the transaction open. Nobody sees it until somebody refunds too much. */
async function refundOrder(db: Kysely<Tables>, orderId: number, cents: number): Promise<Answer> {
  const trx = await db.startTransaction().execute();
  const order = await trx
    .selectFrom('orders')
    .select('total_cents')
    .where('id', '=', orderId)
    .executeTakeFirst();
  if (order === undefined || cents > order.total_cents) {
    return { status: 422, body: { error: 'more than was paid' } };
  }
  await trx.updateTable('orders').set({ status: 'refunded' }).where('id', '=', orderId).execute();
  await trx.commit().execute();
  return { status: 200, body: { refunded: cents } };
}

/** The mistake: no `finally`. A file that cannot be parsed keeps its connection. */
async function importPrices(pool: pg.Pool, file: string): Promise<Answer> {
  const client = await pool.connect();
  await client.query('select count(*) from products');
  const prices = JSON.parse(file) as { id: number; cents: number }[];
  for (const { id, cents } of prices) {
    await client.query('update products set price_cents = $1 where id = $2', [cents, id]);
  }
  client.release();
  return { status: 200, body: { imported: prices.length } };
}

/** The mistake: a transaction that waits for another company's server. */
async function payOrder(db: Kysely<Tables>, orderId: number): Promise<Answer> {
  return db.transaction().execute(async (trx) => {
    await trx.updateTable('orders').set({ status: 'paid' }).where('id', '=', orderId).execute();
    const receipt = await chargeCard(orderId);
    return { status: 200, body: { receipt } };
  });
}

/** The mistake: none, but the query is slow today. The managed block has a deadline, and that is enough. */
async function exportSales(db: Kysely<Tables>): Promise<Answer> {
  const rows = await managedTransaction(db, { name: 'sales export', timeoutMs: 750 }, async (trx) => {
    const { rows } = await sql<object>`select orders.*, pg_sleep(60) from orders limit 1`.execute(trx);
    return rows;
  });
  return { status: 200, body: rows };
}

/** The mistake: inside a transaction, a helper is given `db`. Alone it works; ten at once wait for each other. */
async function printInvoice(db: Kysely<Tables>, orderId: number): Promise<Answer> {
  return db.transaction().execute(async (trx) => {
    const order = await trx
      .selectFrom('orders')
      .selectAll()
      .where('id', '=', orderId)
      .executeTakeFirstOrThrow();
    const template = await loadTemplate();
    const product = await findProduct(db, order.product_id);
    return { status: 200, body: { ...order, product: product.name, template } };
  });
}

async function findProduct(db: Kysely<Tables>, id: number): Promise<{ readonly name: string }> {
  return db.selectFrom('products').select('name').where('id', '=', id).executeTakeFirstOrThrow();
}

/** No mistake: an honest query of 100 ms, for load that comes in waves. */
async function loadDashboard(db: Kysely<Tables>): Promise<Answer> {
  await sql`select pg_sleep(0.1)`.execute(db);
  return { status: 200, body: {} };
}

/** A file server. */
function loadTemplate(): Promise<string> {
  return new Promise((resolve) => {
    setTimeout(resolve, 50, 'a4');
  });
}

/** A payment provider on a bad day. */
function chargeCard(_orderId: number): Promise<string> {
  return new Promise((resolve) => {
    setTimeout(resolve, 60_000, 'receipt');
  });
}
