import type { ControlledTransaction, Kysely, Transaction } from 'kysely';

/**
 * A Kysely instance or a transaction. Spelled out, although all are a `Kysely<DB>`: from a subclass TypeScript infers `DB`
 * member by member, and gets it wrong.
 */
export type AnyInstance<DB> = Kysely<DB> | Transaction<DB> | ControlledTransaction<DB, string[]>;
