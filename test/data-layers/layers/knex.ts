import { managedTransaction } from '@lifeguard/orm/knex';
import type { LifeguardPool } from '@lifeguard/pg';
import makeKnex from 'knex';
import type { Knex } from 'knex';
import type { Layer, OpenLayer } from '../layer.ts';

const make = (pool: LifeguardPool): Knex => makeKnex({ client: 'pg', connectionPool: pool } as Knex.Config);

const restOf = (db: Knex, pool: LifeguardPool): Omit<OpenLayer, 'transaction'> => ({
  async abandonStream() {
    for await (const _ of db.select(db.raw('generate_series(1, 100000) as n')).stream())
      return new Promise(() => undefined);
  },
  async [Symbol.asyncDispose]() {
    await db.destroy();
    await pool.end();
  },
});

/** Does not end a pool that was given to it. */
export const knex: Layer = {
  name: 'Knex',
  async open(pool): Promise<OpenLayer> {
    const db = make(pool);
    return {
      transaction: (work) => db.transaction((trx) => work((text) => trx.raw(text))),
      ...restOf(db, pool),
    };
  },
};

/** `managedTransaction()` */
export const knexManaged: Layer = {
  name: 'Knex managed',
  async open(pool): Promise<OpenLayer> {
    const db = make(pool);
    return {
      transaction: (work) => managedTransaction(db, (trx) => work((text) => trx.raw(text))),
      ...restOf(db, pool),
    };
  },
};
