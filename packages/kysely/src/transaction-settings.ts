import type { AccessMode, IsolationLevel } from 'kysely';
import { LifeguardError } from '@lifeguard/core';

/** How a transaction is begun. */
export interface TransactionSettings {
  /** @default the server's */
  readonly isolationLevel?: IsolationLevel;
  /** @default the server's, which is 'read write' unless it was changed */
  readonly accessMode?: AccessMode;
}

const STRENGTH: Readonly<Record<IsolationLevel, number>> = {
  'read uncommitted': 0,
  'read committed': 1,
  'repeatable read': 2,
  snapshot: 3,
  serializable: 4,
};

/**
 * A nested block runs with the settings of the transaction around it. Throws `LG_UNSUPPORTED` when it asks for a stronger
 * isolation level (where the outer one named none, for more than `read committed`), or to be read only where that one is
 * not. Nothing is checked where `outer` is not known: Kysely began it.
 */
export function checkNestedSettings(
  asked: TransactionSettings,
  outer: TransactionSettings | undefined,
): void {
  if (outer === undefined) return;
  if (asked.accessMode === 'read only' && outer.accessMode !== 'read only') throw notReadOnly();
  if (asked.isolationLevel === undefined) return;
  const given = outer.isolationLevel ?? 'read committed';
  if (STRENGTH[asked.isolationLevel] <= STRENGTH[given]) return;
  throw new LifeguardError('LG_UNSUPPORTED', {
    summary: `a nested transaction asks for isolation level "${asked.isolationLevel}" within "${given}"`,
    rows: [['fix', 'name the level in the outermost managedTransaction(); a savepoint cannot change it']],
  });
}

function notReadOnly(): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary: 'a nested transaction asks to be "read only" within one that is not',
    rows: [
      ['fix', 'name the access mode in the outermost managedTransaction(); a savepoint cannot change it'],
    ],
  });
}
