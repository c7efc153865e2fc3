import type { Selectable } from 'kysely';
import { managedTransaction } from '@lifeguard/kysely';
import type { Db, Tables } from './database.ts';
import { log } from './log.ts';

export interface Line {
  readonly productId: number;
  readonly quantity: number;
}

export interface PlacedOrder {
  readonly id: number;
  readonly totalCents: number;
  /** Products that could not be had; the others were ordered. */
  readonly missing: readonly number[];
  readonly points: number;
}

/** Nothing of the order can be had; thrown out of the transaction, so that nothing is left of it. */
export class NothingToOrder extends Error {}

/**
 * One transaction, with a savepoint around what may fail by itself. Two orders that lock each other out are tried again, which
 * is why nothing in here acts outside of the database.
 */
export function placeOrder(db: Db, customer: string, lines: readonly Line[]): Promise<PlacedOrder> {
  return managedTransaction(db, { name: 'place order', retry: { limit: 3 } }, async (trx) => {
    const { id } = await trx
      .insertInto('orders')
      .values({ customer })
      .returning('id')
      .executeTakeFirstOrThrow();
    let totalCents = 0;
    const missing: number[] = [];
    for (const line of lines) {
      const price = await addLine(trx, id, line);
      if (price === undefined) missing.push(line.productId);
      else totalCents += price;
    }
    if (missing.length === lines.length) throw new NothingToOrder('nothing of this can be had');
    await trx.updateTable('orders').set({ total_cents: totalCents }).where('id', '=', id).execute();
    return { id, totalCents, missing, points: await givePoints(trx, customer, Math.floor(totalCents / 100)) };
  });
}

/** Thrown out of a block to undo it, and it alone. */
class OutOfStock extends Error {}

/** What the line costs; `undefined`, and nothing changed, when there is not enough. */
async function addLine(db: Db, orderId: number, { productId, quantity }: Line): Promise<number | undefined> {
  try {
    return await managedTransaction(db, { name: 'add line' }, async (trx) => {
      const product = await trx
        .updateTable('products')
        .set((expression) => ({ stock: expression('stock', '-', quantity) }))
        .where('id', '=', productId)
        .where('stock', '>=', quantity)
        .returning('price_cents')
        .executeTakeFirst();
      if (product === undefined) throw new OutOfStock();
      await trx
        .insertInto('order_lines')
        .values({ order_id: orderId, product_id: productId, quantity })
        .execute();
      return product.price_cents * quantity;
    });
  } catch (error) {
    if (error instanceof OutOfStock) return undefined;
    throw error;
  }
}

/**
 * Nice to have: the order stands without them. The server refuses a statement that breaks a constraint, and with it everything
 * up to the last savepoint; which is why this has one. It may take half a second of what the order has left.
 */
async function givePoints(db: Db, customer: string, points: number): Promise<number> {
  try {
    return await managedTransaction(db, { name: 'give points', timeoutMs: 500 }, async (trx) => {
      await trx
        .insertInto('loyalty')
        .values({ customer, points })
        .onConflict((conflict) =>
          conflict.column('customer').doUpdateSet((expression) => ({
            points: expression('loyalty.points', '+', expression.ref('excluded.points')),
          })),
        )
        .execute();
      return points;
    });
  } catch (error) {
    if (!isCheckViolation(error)) throw error;
    log.info({ points }, 'no points: this customer has as many as there can be');
    return 0;
  }
}

const isCheckViolation = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '23514';

export function addProduct(
  db: Db,
  product: Omit<Selectable<Tables['products']>, 'id'>,
): Promise<{ id: number }> {
  return managedTransaction(db, { name: 'add product' }, (trx) =>
    trx.insertInto('products').values(product).returning('id').executeTakeFirstOrThrow(),
  );
}
