import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';

/** In the order of their names; each runs once. */
const migrations: Readonly<Record<string, Migration>> = {
  '001_events': {
    async up(db) {
      await db.schema
        .createTable('events')
        .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('seats_left', 'integer', (column) => column.notNull())
        .addCheckConstraint('events_not_overbooked', sql`seats_left >= 0`)
        .execute();
      await db.schema
        .createTable('bookings')
        .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
        .addColumn('event_id', 'integer', (column) => column.notNull().references('events.id'))
        .addColumn('customer', 'text', (column) => column.notNull())
        .addColumn('seats', 'integer', (column) => column.notNull())
        .execute();
    },
    async down(db) {
      await db.schema.dropTable('bookings').execute();
      await db.schema.dropTable('events').execute();
    },
  },
};

/** Brings the tables up to date. Several instances may start at once: Kysely lets one of them do it. */
export async function migrate<DB>(db: Kysely<DB>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error('the tables could not be brought up to date', { cause: error });
}
