import { LifeguardDialect } from '@lifeguard/kysely';
import { EntitySchema } from '@mikro-orm/core';
import { MikroORM } from '@mikro-orm/postgresql';
import Cursor from 'pg-cursor';
import type { Layer, OpenLayer } from '../layer.ts';

const Numbers = new EntitySchema<{ n: number }>({
  name: 'Numbers',
  tableName: 'numbers',
  properties: { n: { type: 'integer', primary: true } },
});

/** Ends the pool when it is closed. */
export const mikroOrm: Layer = {
  name: 'MikroORM',
  async open(pool): Promise<OpenLayer> {
    await pool.query('create table if not exists numbers as select n from generate_series(1, 100000) n');
    const orm = await MikroORM.init({
      dbName: 'any: the pool knows',
      // It would end the pool and look for another database.
      ensureDatabase: false,
      entities: [Numbers],
      driverOptions: new LifeguardDialect({ pool, cursor: Cursor }),
    });
    return {
      transaction: (work) => orm.em.fork().transactional((em) => work((text) => em.execute(text))),
      async abandonStream() {
        for await (const _ of orm.em.fork().stream(Numbers)) return new Promise(() => undefined);
      },
      [Symbol.asyncDispose]: () => orm.close(true),
    };
  },
};
