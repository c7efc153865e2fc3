import type { Session } from '@lifeguard/core';
import type { EntityManager as CoreManager } from '@mikro-orm/core';
import type { MikroORM, SqlEntityManager } from '@mikro-orm/postgresql';
import type { NodePgDatabase, NodePgQueryResultHKT } from 'drizzle-orm/node-postgres';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import type { PgTransaction } from 'drizzle-orm/pg-core';
import type { ExtractTablesWithRelations } from 'drizzle-orm';
import type { Knex } from 'knex';
import type { DataSource, EntityManager } from 'typeorm';
import { expectTypeOf } from 'vitest';
import { managedTransaction as inDrizzle } from './drizzle.ts';
import { managedTransaction as inKnex } from './knex.ts';
import { managedTransaction as inMikroOrm } from './mikro-orm.ts';
import { managedTransaction as inTypeOrm } from './typeorm.ts';

// Drizzle: the transaction knows the schema.
const orders = pgTable('orders', { id: integer('id').primaryKey(), state: text('state').notNull() });
interface Schema extends Record<string, unknown> {
  readonly orders: typeof orders;
}
declare const drizzle: NodePgDatabase<Schema>;
type OwnTransaction = Parameters<Parameters<typeof drizzle.transaction>[0]>[0];

expectTypeOf(
  inDrizzle(
    drizzle,
    { timeoutMs: 100, isolationLevel: 'serializable', accessMode: 'read only' },
    async (tx, session) => {
      expectTypeOf(tx).toEqualTypeOf<OwnTransaction>();
      expectTypeOf(tx).toEqualTypeOf<
        PgTransaction<NodePgQueryResultHKT, Schema, ExtractTablesWithRelations<Schema>>
      >();
      expectTypeOf(session).toEqualTypeOf<Session>();
      const [row] = await tx.select().from(orders);
      await inDrizzle(tx, (inner) => expectTypeOf(inner).toEqualTypeOf<OwnTransaction>());
      return row;
    },
  ),
).resolves.toEqualTypeOf<{ id: number; state: string } | undefined>();
expectTypeOf(inDrizzle(drizzle, () => 1)).resolves.toBeNumber();
// @ts-expect-error: no such relation
void inDrizzle(drizzle, (tx) => tx.query.nothing.findMany());
// @ts-expect-error: PostgreSQL calls it 'serializable'
void inDrizzle(drizzle, { isolationLevel: 'Serializable' }, () => 1);

// Knex
declare const knex: Knex;
declare const typed: Knex<{ id: number }, { id: number }[]>;
expectTypeOf(
  inKnex(knex, { retry: { limit: 3 } }, async (trx, session) => {
    expectTypeOf(trx).toEqualTypeOf<Knex.Transaction>();
    expectTypeOf(session).toEqualTypeOf<Session>();
    await inKnex(trx, (inner) => expectTypeOf(inner).toEqualTypeOf<Knex.Transaction>());
    return trx<{ id: number }>('orders').first();
  }),
).resolves.toEqualTypeOf<{ id: number } | undefined>();
expectTypeOf(inKnex(knex, () => 1)).resolves.toBeNumber();
void inKnex(typed, (trx) => expectTypeOf(trx).toExtend<Knex.Transaction<{ id: number }>>());

// TypeORM
declare const source: DataSource;
expectTypeOf(
  inTypeOrm(source, { name: 'a' }, async (manager, session) => {
    expectTypeOf(manager).toEqualTypeOf<EntityManager>();
    expectTypeOf(session).toEqualTypeOf<Session>();
    await inTypeOrm(manager, (inner) => expectTypeOf(inner).toEqualTypeOf<EntityManager>());
    return 'text';
  }),
).resolves.toBeString();
expectTypeOf(inTypeOrm(source.manager, () => 1)).resolves.toBeNumber();

// MikroORM: the manager of the driver, which can do more than any.
declare const orm: MikroORM;
declare const core: CoreManager;
expectTypeOf(
  inMikroOrm(orm.em, { tags: { tenant: 'a' } }, async (em, session) => {
    expectTypeOf(em).toEqualTypeOf<typeof orm.em>();
    expectTypeOf(em).toExtend<Pick<SqlEntityManager, 'execute'>>();
    expectTypeOf(session).toEqualTypeOf<Session>();
    await inMikroOrm(em, (inner) => expectTypeOf(inner).toEqualTypeOf<typeof orm.em>());
    return 1;
  }),
).resolves.toBeNumber();
void inMikroOrm(core, (em) => expectTypeOf(em).toEqualTypeOf<CoreManager>());
