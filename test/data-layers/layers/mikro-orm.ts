import { LifeguardDialect } from '@lifeguard/kysely';
import { managedTransaction } from '@lifeguard/orm/mikro-orm';
import type { LifeguardPool } from '@lifeguard/pg';
import { EntitySchema } from '@mikro-orm/core';
import { MikroORM } from '@mikro-orm/postgresql';
import Cursor from 'pg-cursor';
import type { Layer, OpenLayer } from '../layer.ts';

const Numbers = new EntitySchema<{ n: number }>({
  name: 'Numbers',
  tableName: 'numbers',
  properties: { n: { type: 'integer', primary: true } },
});

async function connect(pool: LifeguardPool): Promise<MikroORM> {
  await pool.query('create table if not exists numbers as select n from generate_series(1, 100000) n');
  return MikroORM.init({
    dbName: 'any: the pool knows',
    // It would end the pool and look for another database.
    ensureDatabase: false,
    entities: [Numbers],
    driverOptions: new LifeguardDialect({ pool, cursor: Cursor }),
  });
}

const restOf = (orm: MikroORM): Omit<OpenLayer, 'transaction'> => ({
  async abandonStream() {
    for await (const _ of orm.em.fork().stream(Numbers)) return new Promise(() => undefined);
  },
  [Symbol.asyncDispose]: () => orm.close(true),
});

/** Ends the pool when it is closed. */
export const mikroOrm: Layer = {
  name: 'MikroORM',
  async open(pool): Promise<OpenLayer> {
    const orm = await connect(pool);
    return {
      transaction: (work) => orm.em.fork().transactional((em) => work((text) => em.execute(text))),
      ...restOf(orm),
    };
  },
};

/** `managedTransaction()` */
export const mikroOrmManaged: Layer = {
  name: 'MikroORM managed',
  async open(pool): Promise<OpenLayer> {
    const orm = await connect(pool);
    return {
      transaction: (work) => managedTransaction(orm.em, (em) => work((text) => em.execute(text))),
      ...restOf(orm),
    };
  },
};
