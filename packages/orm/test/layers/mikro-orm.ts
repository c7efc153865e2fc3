import { LifeguardDialect } from '@lifeguard/kysely';
import { MikroORM } from '@mikro-orm/postgresql';
import type { EntityManager } from '@mikro-orm/postgresql';
import { managedTransaction } from '../../src/mikro-orm.ts';
import type { Layer, Tx } from '../layer.ts';

const SETTINGS = {
  dbName: 'any: the pool knows',
  // It would end the pool and look for another database.
  ensureDatabase: false,
  discovery: { warnWhenNoEntities: false },
} as const;

const wrap = (em: EntityManager): Tx => ({
  run: (sql) => em.execute(sql),
  managed: (options, fn) => managedTransaction(em, options, (fork, session) => fn(wrap(fork), session)),
  plain: (fn) => em.transactional((fork) => fn(wrap(fork))),
});

/** By the global manager, which is that of the transaction inside of one. */
export const mikroOrm: Layer = {
  name: 'MikroORM',
  async open(pool) {
    const orm = await MikroORM.init({ ...SETTINGS, driverOptions: new LifeguardDialect({ pool }) });
    // `close` would end the pool, which the test does.
    return { ...wrap(orm.em), close: () => Promise.resolve() };
  },
  async elsewhere(url) {
    const orm = await MikroORM.init({ ...SETTINGS, clientUrl: url });
    try {
      return await managedTransaction(orm.em, () => 1);
    } finally {
      await orm.close(true);
    }
  },
};

/** By forks that know of no transaction, as a request of a server has one. */
export const mikroOrmForked: Layer = {
  ...mikroOrm,
  name: 'MikroORM with forks',
  async open(pool) {
    const orm = await MikroORM.init({ ...SETTINGS, driverOptions: new LifeguardDialect({ pool }) });
    return {
      run: (sql) => orm.em.fork().execute(sql),
      managed: (options, fn) => wrap(orm.em.fork()).managed(options, fn),
      plain: (fn) => wrap(orm.em.fork()).plain(fn),
      close: () => Promise.resolve(),
    };
  },
};
