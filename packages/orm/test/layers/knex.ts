import makeKnex from 'knex';
import type { Knex } from 'knex';
import { managedTransaction } from '../../src/knex.ts';
import type { Layer, Tx } from '../layer.ts';

const wrap = (db: Knex): Tx => ({
  run: async (sql) => (await db.raw<{ rows: Record<string, unknown>[] }>(sql)).rows,
  managed: (options, fn) => managedTransaction(db, options, (trx, session) => fn(wrap(trx), session)),
  plain: (fn) => db.transaction((trx) => fn(wrap(trx))),
});

export const knex: Layer = {
  name: 'Knex',
  open(pool) {
    const log = { warn: () => undefined };
    const db = makeKnex({ client: 'pg', connectionPool: pool, log } as Knex.Config);
    return Promise.resolve({ ...wrap(db), close: () => db.destroy() });
  },
  async elsewhere(url) {
    const db = makeKnex({ client: 'pg', connection: url });
    try {
      return await managedTransaction(db, () => 1);
    } finally {
      await db.destroy();
    }
  },
};
