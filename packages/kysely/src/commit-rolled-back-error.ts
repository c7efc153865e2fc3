import { LifeguardError } from '@lifeguard/core';
import { sqlFingerprint } from '@lifeguard/core/adapter';
import type { ReportRow } from '@lifeguard/core/adapter';

/** The first statement that failed in a transaction. */
export interface FailedStatement {
  readonly sql: string;
  readonly error: unknown;
}

/** The mark by which Kysely knows this outcome, whichever copy of it made the error. */
const ABORTED = Symbol.for('kysely.AbortedTransactionError');

/**
 * The server answered COMMIT with ROLLBACK (or refused to release a savepoint) because a statement had failed earlier and
 * its error was caught. Nothing of the transaction was kept. `cause` is the failure that led to it, where it is known.
 */
export class CommitRolledBackError extends LifeguardError {
  /** Fingerprint of the statement that failed first, where it is known. */
  readonly failedStatement: string | undefined;

  constructor(failed: FailedStatement | undefined, cause: unknown) {
    const fingerprint = failed === undefined ? undefined : sqlFingerprint(failed.sql);
    const rows: ReportRow[] =
      fingerprint === undefined ? [] : [['failed', `${fingerprint}${sqlStateOf(failed?.error)}`]];
    super('LG_COMMIT_ROLLED_BACK', {
      summary: 'the transaction was rolled back instead of committed; nothing of it was kept',
      rows: [
        ...rows,
        ['likely', 'a statement failed, its error was caught, and the transaction went on'],
        ['fix', 'let the error through, or run what may fail in a nested managedTransaction()'],
      ],
      cause: failed?.error ?? cause,
    });
    this.failedStatement = fingerprint;
    Object.defineProperty(this, ABORTED, { value: true });
  }
}

/** Whether Kysely, or we, say that a COMMIT was answered with ROLLBACK. */
export function isAbortedTransaction(error: unknown): boolean {
  return typeof error === 'object' && error !== null && ABORTED in error;
}

/** "current transaction is aborted": a failure was caught inside, as before a COMMIT that is answered with ROLLBACK. */
export function isServerAborted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '25P02';
}

function sqlStateOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? ` (${code})` : '';
}
