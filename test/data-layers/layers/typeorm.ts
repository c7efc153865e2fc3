import { managedTransaction } from '@lifeguard/orm/typeorm';
import pg from 'pg';
import type { LifeguardPool } from '@lifeguard/pg';
import { DataSource } from 'typeorm';
import type { Layer, OpenLayer } from '../layer.ts';

/** `pg`, but for its pool, which is ours. */
function driverWith(pool: LifeguardPool): typeof pg {
  const driver = Object.create(pg) as { Pool: unknown };
  driver.Pool = function OurPool() {
    return pool;
  };
  return driver as typeof pg;
}

const connect = (pool: LifeguardPool): Promise<DataSource> =>
  new DataSource({ type: 'postgres', driver: driverWith(pool) }).initialize();

const restOf = (source: DataSource): Omit<OpenLayer, 'transaction'> => ({
  async abandonStream() {
    const runner = source.createQueryRunner();
    const stream = await runner.stream('select generate_series(1, 100000) as n');
    for await (const _ of stream) return new Promise(() => undefined);
  },
  [Symbol.asyncDispose]: () => source.destroy(),
});

/** Ends the pool when it is destroyed. */
export const typeorm: Layer = {
  name: 'TypeORM',
  async open(pool): Promise<OpenLayer> {
    const source = await connect(pool);
    return {
      transaction: (work) => source.transaction((manager) => work((text) => manager.query(text))),
      ...restOf(source),
    };
  },
};

/** `managedTransaction()` */
export const typeormManaged: Layer = {
  name: 'TypeORM managed',
  async open(pool): Promise<OpenLayer> {
    const source = await connect(pool);
    return {
      transaction: (work) => managedTransaction(source, (manager) => work((text) => manager.query(text))),
      ...restOf(source),
    };
  },
};
