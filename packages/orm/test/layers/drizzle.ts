import { drizzle as makeDrizzle } from 'drizzle-orm/node-postgres';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { managedTransaction } from '../../src/drizzle.ts';
import type { Layer, Tx } from '../layer.ts';

type Db = Pick<NodePgDatabase, 'execute' | 'transaction'>;

const wrap = (db: Db): Tx => ({
  run: async (sql) => (await db.execute(sql)).rows,
  managed: (options, fn) =>
    managedTransaction(db as NodePgDatabase, options, (tx, session) => fn(wrap(tx as Db), session)),
  plain: (fn) => db.transaction((tx) => fn(wrap(tx))),
});

export const drizzle: Layer = {
  name: 'Drizzle',
  open: (pool) => Promise.resolve({ ...wrap(makeDrizzle({ client: pool })), close: () => Promise.resolve() }),
  elsewhere: (url) =>
    managedTransaction(makeDrizzle({ client: new pg.Pool({ connectionString: url }) }), () => 1),
};
