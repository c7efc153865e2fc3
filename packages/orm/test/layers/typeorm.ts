import type { LifeguardPool } from '@lifeguard/pg';
import pg from 'pg';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { managedTransaction } from '../../src/typeorm.ts';
import type { Layer, Tx } from '../layer.ts';

/** `pg`, but for its pool, which is ours. */
function driverWith(pool: LifeguardPool): typeof pg {
  return Object.assign(Object.create(pg) as typeof pg, {
    Pool: function OurPool() {
      return pool;
    },
  });
}

const wrap = (source: DataSource | EntityManager): Tx => ({
  run: async (sql) => {
    const answer: unknown = await source.query(sql);
    return Array.isArray(answer) ? (answer as Record<string, unknown>[]) : [];
  },
  managed: (options, fn) =>
    managedTransaction(source, options, (manager, session) => fn(wrap(manager), session)),
  plain: (fn) => source.transaction((manager) => fn(wrap(manager))),
});

export const typeorm: Layer = {
  name: 'TypeORM',
  async open(pool) {
    const source = new DataSource({ type: 'postgres', driver: driverWith(pool) });
    await source.initialize();
    // `destroy` would end the pool, which the test does.
    return { ...wrap(source), close: () => Promise.resolve() };
  },
  async elsewhere(url) {
    const source = new DataSource({ type: 'postgres', url });
    await source.initialize();
    try {
      return await managedTransaction(source, () => 1);
    } finally {
      await source.destroy();
    }
  },
};
