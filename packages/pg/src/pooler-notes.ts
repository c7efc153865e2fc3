import { logSafely, moreRow, placeOfLease, renderReport, sqlFingerprint } from '@lifeguard/core/adapter';
import type { LeaseRecord, Logger } from '@lifeguard/core';
import type { ReportRow } from '@lifeguard/core/adapter';
import type { PoolerListener } from './pooler-watch.ts';
import type { SessionStatePolicy } from './pg-connector.ts';

/** Warns, once each, of what does not hold behind a pooler. That one is there is no news: most who have one know it. */
export function poolerNotes(
  pool: () => { readonly name: string; readonly logger: Logger },
  sessionState: SessionStatePolicy | undefined,
): PoolerListener {
  const warn = (what: string, rows: readonly ReportRow[]): void => {
    const { name, logger } = pool();
    const summary = `LG_POOLER: pool "${name}" is behind a pooler, ${what}`;
    const text = renderReport(summary, [...rows, moreRow('LG_POOLER')]);
    logSafely(logger, 'warn', { code: 'LG_POOLER', pool: name }, text);
  };
  return {
    onFound() {
      if (sessionState !== 'replace') return;
      warn("where sessionState: 'replace' cannot hold", [
        [
          'likely',
          'PgBouncer: closing our connection to it does not reset the backend, which other clients use',
        ],
        ['fix', "SET LOCAL in a transaction; or, with pool_mode = session, say pooler: 'none'"],
      ]);
    },
    onAltered(sql: string, record: LeaseRecord) {
      warn('and a statement changes the session of a backend that others use', [
        ['statement', sqlFingerprint(sql)],
        ['acquired', placeOfLease(record)],
        [
          'fix',
          [
            'SET LOCAL in a transaction, pg_advisory_xact_lock, a connection of its own for LISTEN',
            "(with pool_mode = session it is harmless: say pooler: 'none')",
          ],
        ],
      ]);
    },
  };
}
