import { managedTransaction } from '@lifeguard/orm/drizzle';
import { sql } from 'drizzle-orm';
import { drizzle as makeDrizzle } from 'drizzle-orm/node-postgres';
import type { Layer, OpenLayer } from '../layer.ts';

/** Has no streams, and never ends the pool. */
export const drizzle: Layer = {
  name: 'Drizzle',
  async open(pool): Promise<OpenLayer> {
    const db = makeDrizzle({ client: pool });
    return {
      transaction: (work) => db.transaction((tx) => work((text) => tx.execute(sql.raw(text)))),
      abandonStream: undefined,
      [Symbol.asyncDispose]: () => pool.end(),
    };
  },
};

/** `managedTransaction()` */
export const drizzleManaged: Layer = {
  name: 'Drizzle managed',
  async open(pool): Promise<OpenLayer> {
    const db = makeDrizzle({ client: pool });
    return {
      ...(await drizzle.open(pool)),
      transaction: (work) => managedTransaction(db, (tx) => work((text) => tx.execute(sql.raw(text)))),
    };
  },
};
