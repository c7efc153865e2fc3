import makeKnex from 'knex';
import type { Knex } from 'knex';
import type { Layer, OpenLayer } from '../layer.ts';

/** Does not end a pool that was given to it. */
export const knex: Layer = {
  name: 'Knex',
  async open(pool): Promise<OpenLayer> {
    const db = makeKnex({ client: 'pg', connectionPool: pool } as Knex.Config);
    return {
      transaction: (work) => db.transaction((trx) => work((text) => trx.raw(text))),
      async abandonStream() {
        for await (const _ of db.select(db.raw('generate_series(1, 100000) as n')).stream())
          return new Promise(() => undefined);
      },
      async [Symbol.asyncDispose]() {
        await db.destroy();
        await pool.end();
      },
    };
  },
};
