import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';

/** In the order of their names; each runs once. */
const migrations: Readonly<Record<string, Migration>> = {
  '001_orders': {
    async up(db) {
      await db.schema
        .createTable('products')
        .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('price_cents', 'integer', (column) => column.notNull())
        .addColumn('stock', 'integer', (column) => column.notNull())
        .addCheckConstraint('products_stock_not_negative', sql`stock >= 0`)
        .execute();
      await db.schema
        .createTable('orders')
        .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
        .addColumn('customer', 'text', (column) => column.notNull())
        .addColumn('total_cents', 'integer', (column) => column.notNull().defaultTo(0))
        .execute();
      await db.schema
        .createTable('order_lines')
        .addColumn('order_id', 'integer', (column) => column.notNull().references('orders.id'))
        .addColumn('product_id', 'integer', (column) => column.notNull().references('products.id'))
        .addColumn('quantity', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('order_lines_key', ['order_id', 'product_id'])
        .execute();
      await db.schema
        .createTable('loyalty')
        .addColumn('customer', 'text', (column) => column.primaryKey())
        .addColumn('points', 'integer', (column) => column.notNull())
        .addCheckConstraint('loyalty_at_most_1000', sql`points <= 1000`)
        .execute();
    },
    async down(db) {
      for (const table of ['loyalty', 'order_lines', 'orders', 'products'])
        await db.schema.dropTable(table).execute();
    },
  },
};

/** Brings the tables up to date. Several instances may start at once: Kysely lets one of them do it. */
export async function migrate<DB>(db: Kysely<DB>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error('the tables could not be brought up to date', { cause: error });
}
