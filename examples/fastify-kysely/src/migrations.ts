import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';

/** In the order of their names; each runs once. */
const migrations: Readonly<Record<string, Migration>> = {
  '001_accounts': {
    async up(db) {
      await db.schema
        .createTable('accounts')
        .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
        .addColumn('owner', 'text', (column) => column.notNull())
        .addColumn('balance_cents', 'integer', (column) => column.notNull())
        .addCheckConstraint('accounts_not_overdrawn', sql`balance_cents >= 0`)
        .execute();
      await db.schema
        .createTable('transfers')
        .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
        .addColumn('from_id', 'integer', (column) => column.notNull().references('accounts.id'))
        .addColumn('to_id', 'integer', (column) => column.notNull().references('accounts.id'))
        .addColumn('amount_cents', 'integer', (column) => column.notNull())
        .addColumn('made_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
        .execute();
    },
    async down(db) {
      await db.schema.dropTable('transfers').execute();
      await db.schema.dropTable('accounts').execute();
    },
  },
};

/** Brings the tables up to date. Several instances may start at once: Kysely lets one of them do it. */
export async function migrate<DB>(db: Kysely<DB>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error('the tables could not be brought up to date', { cause: error });
}
