import { Kysely } from 'kysely';
import { guardDialect } from '../src/guard-dialect.ts';
import { managedTransaction } from '../src/managed-transaction.ts';
import type { StrayQueryPolicy } from '../src/stray-policy.ts';
import { add, ownRig, stockRig } from './postgres.ts';
import type { Database, Rig } from './postgres.ts';

type MakeRig = (url: string, policy: StrayQueryPolicy, told: Told[]) => Rig;

export type Db = Kysely<Database>;

/** What a logger was told. */
export interface Told {
  readonly fields: { readonly code: string };
  readonly message: string;
}

/** The ways to guard a PostgreSQL dialect. */
export const guards: Record<string, MakeRig> = {
  LifeguardDialect: (url, policy, told) =>
    ownRig(url, { strayQueries: policy } as object, { logger: loggerInto(told) }),
  'guardDialect(PostgresDialect)': (url, policy, told) => {
    const inner = stockRig(url);
    const dialect = guardDialect(inner.dialect, { strayQueries: policy, logger: loggerInto(told) });
    const busy = () => dialect.lifeguard.tracker.used;
    return { ...inner, dialect, db: new Kysely<Database>({ dialect }), busy };
  },
};

function loggerInto(told: Told[]) {
  const warn = (fields: object, message: string) =>
    void told.push({ fields: fields as Told['fields'], message });
  return { warn, error: warn };
}

/** All names, as `db` sees them. */
export async function seen(db: Db): Promise<string[]> {
  return (await db.selectFrom('person').select('name').orderBy('name').execute()).map(({ name }) => name);
}

/** Writes "mine", and strays. */
export async function inManaged(db: Db, stray: () => Promise<unknown>): Promise<void> {
  await managedTransaction(db, { name: 'order' }, async (trx) => {
    await add(trx, 'mine');
    await stray();
  });
}
