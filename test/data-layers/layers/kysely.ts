import { LifeguardDialect } from '@lifeguard/kysely';
import type { LifeguardPool } from '@lifeguard/pg';
import { Kysely, sql } from 'kysely';
import Cursor from 'pg-cursor';
import type { Layer, OpenLayer, Run } from '../layer.ts';

type Db = Kysely<Record<string, never>>;

const open = (pool: LifeguardPool): Db =>
  new Kysely({ dialect: new LifeguardDialect({ pool, cursor: Cursor }) });

const runIn =
  (db: Db): Run =>
  (text) =>
    sql.raw(text).execute(db);

async function abandonStream(db: Db): Promise<void> {
  for await (const _ of db.selectNoFrom(sql`generate_series(1, 100000)`.as('n')).stream(10)) {
    // Neither read to its end nor left.
    return new Promise(() => undefined);
  }
}

/** `db.transaction()` */
export const kysely: Layer = {
  name: 'Kysely',
  async open(pool): Promise<OpenLayer> {
    const db = open(pool);
    return {
      transaction: (work) => db.transaction().execute((trx) => work(runIn(trx as Db))),
      abandonStream: () => abandonStream(db),
      [Symbol.asyncDispose]: () => db.destroy(),
    };
  },
};

/** `db.startTransaction()`, ended by hand. */
export const kyselyControlled: Layer = {
  name: 'Kysely controlled',
  async open(pool): Promise<OpenLayer> {
    const db = open(pool);
    return {
      async transaction(work) {
        const trx = await db.startTransaction().execute();
        try {
          const result = await work(runIn(trx));
          await trx.commit().execute();
          return result;
        } catch (error) {
          if (!trx.isCommitted && !trx.isRolledBack) await trx.rollback().execute();
          throw error;
        }
      },
      abandonStream: () => abandonStream(db),
      [Symbol.asyncDispose]: () => db.destroy(),
    };
  },
};
