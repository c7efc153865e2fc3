import type { Kysely } from 'kysely';

/** The same instance with an executor object of its own, so that it can be hooked without touching the original. */
export function copyInstance<DB, K extends Kysely<DB>>(db: K): K {
  return withPluginsOf(db, db);
}

/** `db`, with the plugins (and so the schema) of `other`. */
export function withPluginsOf<DB, K extends Kysely<DB>>(db: K, other: Kysely<DB>): K {
  let copy: Kysely<DB> = db.withoutPlugins();
  for (const plugin of other.getExecutor().plugins) copy = copy.withPlugin(plugin);
  // A Transaction derives Transactions.
  return copy as K;
}
