import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';

/** In the order of their names; each runs once. */
const migrations: Readonly<Record<string, Migration>> = {
  '001_jobs': {
    async up(db) {
      await db.schema
        .createTable('jobs')
        .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('payload', 'jsonb', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull().defaultTo('queued'))
        .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
        .addColumn('run_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
        .addColumn('last_error', 'text')
        .execute();
      await db.schema
        .createIndex('jobs_due')
        .on('jobs')
        .columns(['run_at', 'id'])
        .where(sql.ref('state'), '=', sql.lit('queued'))
        .execute();
      await db.schema
        .createTable('invoices')
        .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
        .addColumn('customer', 'text', (column) => column.notNull())
        .addColumn('total_cents', 'integer', (column) => column.notNull())
        .addCheckConstraint('invoices_total_positive', sql`total_cents > 0`)
        .execute();
    },
    async down(db) {
      await db.schema.dropTable('invoices').execute();
      await db.schema.dropTable('jobs').execute();
    },
  },
};

/** Brings the tables up to date. Several instances may start at once: Kysely lets one of them do it. */
export async function migrate<DB>(db: Kysely<DB>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error('the tables could not be brought up to date', { cause: error });
}
