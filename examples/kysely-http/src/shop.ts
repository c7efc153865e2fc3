import { type Kysely, type Selectable, sql } from 'kysely';
import { managedTransaction } from '@lifeguard/kysely';
import type { Tables } from './database.ts';
import { BadRequest } from './http.ts';

export type Product = Selectable<Tables['products']>;
export type Order = Selectable<Tables['orders']>;

export interface SalesRow {
  readonly name: string;
  readonly orders: number;
  readonly revenueCents: number;
}

export function listProducts(db: Kysely<Tables>): Promise<Product[]> {
  return db.selectFrom('products').selectAll().orderBy('id').limit(100).execute();
}

export function addProduct(db: Kysely<Tables>, product: Omit<Product, 'id'>): Promise<Product> {
  return db.insertInto('products').values(product).returningAll().executeTakeFirstOrThrow();
}

export function listOrders(db: Kysely<Tables>): Promise<Order[]> {
  return db.selectFrom('orders').selectAll().orderBy('id', 'desc').limit(20).execute();
}

/** All or nothing, within two seconds: after that the connection is free again, whatever the server is doing. */
export function createOrder(db: Kysely<Tables>, productId: number, quantity: number): Promise<Order> {
  return managedTransaction(db, { name: 'create order', timeoutMs: 2_000 }, async (trx) => {
    const product = await trx
      .updateTable('products')
      .set((expression) => ({ stock: expression('stock', '-', quantity) }))
      .where('id', '=', productId)
      .where('stock', '>=', quantity)
      .returning('price_cents')
      .executeTakeFirst();
    if (product === undefined) throw new BadRequest('there is no such product, or not enough of it');
    return trx
      .insertInto('orders')
      .values({ product_id: productId, quantity, total_cents: quantity * product.price_cents })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}

/** Reads every order, so it takes a while; it may not take for ever. */
export function salesReport(db: Kysely<Tables>): Promise<SalesRow[]> {
  const options = { name: 'sales report', timeoutMs: 10_000, accessMode: 'read only' } as const;
  return managedTransaction(db, options, async (trx) => {
    const revenue = sql<number>`sum(orders.total_cents)::float8`;
    return trx
      .selectFrom('orders')
      .innerJoin('products', 'products.id', 'orders.product_id')
      .groupBy('products.name')
      .select(['products.name', sql<number>`count(*)::int`.as('orders'), revenue.as('revenueCents')])
      .orderBy(revenue, 'desc')
      .limit(10)
      .execute();
  });
}
