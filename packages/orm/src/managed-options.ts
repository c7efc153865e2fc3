import { InvalidOptionError, LifeguardError } from '@lifeguard/core';
import type { TransactionOptions } from './transaction-layer.ts';

const ISOLATION_LEVELS = ['read uncommitted', 'read committed', 'repeatable read', 'serializable'] as const;
const ACCESS_MODES = ['read write', 'read only'] as const;

/** As PostgreSQL calls them, the weakest first. */
export type IsolationLevel = (typeof ISOLATION_LEVELS)[number];
/** As PostgreSQL calls them. */
export type AccessMode = (typeof ACCESS_MODES)[number];

/** How a managed transaction of Drizzle, Knex, TypeORM or MikroORM is run. */
export interface ManagedTransactionOptions extends TransactionOptions {
  /** @default the ORM's, which is the server's unless it was told otherwise */
  readonly isolationLevel?: IsolationLevel;
  /** @default the server's, which is 'read write' unless it was changed */
  readonly accessMode?: AccessMode;
}

/**
 * Throws `LG_INVALID_OPTION` for what is none of PostgreSQL's; `LG_UNSUPPORTED` when a nested block asks for a stronger isolation
 * level than the transaction around was begun with (where that named none, for more than `read committed`), or to be read only
 * where that one is not.
 */
export function checkManagedOptions(
  { isolationLevel, accessMode }: ManagedTransactionOptions,
  outer: ManagedTransactionOptions | undefined,
  call: string,
): void {
  // ORMs put them into the text of a statement.
  checkOneOf('isolationLevel', ISOLATION_LEVELS, isolationLevel);
  checkOneOf('accessMode', ACCESS_MODES, accessMode);
  if (outer === undefined) return;
  const given = outer.isolationLevel ?? 'read committed';
  if (isolationLevel !== undefined && strengthOf(isolationLevel) > strengthOf(given))
    throw notGiven(`isolation level "${isolationLevel}" within "${given}"`, call);
  if (accessMode === 'read only' && outer.accessMode !== 'read only')
    throw notGiven('"read only" within a transaction that is not', call);
}

function checkOneOf(name: string, known: readonly string[], value: string | undefined): void {
  if (value === undefined || known.includes(value)) return;
  throw new InvalidOptionError(name, `one of ${known.map((each) => `"${each}"`).join(', ')}`, value);
}

function strengthOf(level: IsolationLevel): number {
  return ISOLATION_LEVELS.indexOf(level);
}

function notGiven(what: string, call: string): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary: `a nested transaction asks for ${what}`,
    rows: [['fix', `ask for it in the outermost ${call}; a savepoint cannot change it`]],
  });
}
