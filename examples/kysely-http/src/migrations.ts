import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';

/** In the order of their names; each runs once. */
const migrations: Readonly<Record<string, Migration>> = {
  '001_shop': {
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
        .addColumn('product_id', 'integer', (column) => column.notNull().references('products.id'))
        .addColumn('quantity', 'integer', (column) => column.notNull())
        .addColumn('total_cents', 'integer', (column) => column.notNull())
        .addColumn('status', 'text', (column) => column.notNull().defaultTo('open'))
        .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
        .execute();
    },
    async down(db) {
      await db.schema.dropTable('orders').execute();
      await db.schema.dropTable('products').execute();
    },
  },
};

/** Brings the tables up to date. Several instances may start at once: Kysely lets one of them do it. */
export async function migrate<DB>(db: Kysely<DB>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error('the tables could not be brought up to date', { cause: error });
}
