import { printable, sqlFingerprint } from '@lifeguard/core/adapter';
import { HIDDEN, QUERY, since } from './activity-sql.ts';
import type { BlockedBackend, ServerBackend } from './server-view.ts';
import type { ViewTransaction } from './view-transaction.ts';
import type { Ownership } from './whose-backends.ts';

interface BackendRow {
  readonly pid: number;
  readonly applicationName: string;
  readonly isOurs: boolean;
  readonly isAsking: boolean;
  readonly isHidden: boolean;
  readonly state: string | null;
  readonly waitEvent: string | null;
  readonly transactionAgeMs: number | null;
  readonly queryAgeMs: number | null;
  readonly inStateMs: number | null;
  readonly query: string | null;
}

/** What other parts of the view know of the backends. */
export interface Beside {
  /** How many are ours. */
  readonly ours: number;
  readonly blocking: readonly BlockedBackend[];
  /** Which lease has which pid. */
  readonly leases: ReadonlyMap<number, number>;
}

const MAX_BACKENDS = 200;

/** Lists ours; where there are none, those that are near. */
export async function listBackends(
  transaction: ViewTransaction,
  { isOurs, isCounted, isNear, values }: Ownership,
  beside: Beside,
): Promise<readonly ServerBackend[]> {
  const isListed = beside.ours > 0 ? isOurs : `(${isOurs} or ${isNear})`;
  const rows = await transaction.rows<BackendRow>(
    `select pid, coalesce(application_name, '') as "applicationName", ${isOurs} as "isOurs",
      pid = pg_backend_pid() as "isAsking", ${HIDDEN} as "isHidden", state,
      wait_event_type || ':' || wait_event as "waitEvent", ${since('xact_start')} as "transactionAgeMs",
      ${since('query_start')} as "queryAgeMs", ${since('state_change')} as "inStateMs", ${QUERY} as query
    from pg_stat_activity where ${isCounted} and ${isListed}
    order by xact_start nulls last, state_change, pid limit ${MAX_BACKENDS + 1}`,
    values,
  );
  if (rows.length > MAX_BACKENDS)
    transaction.note(`backends: only the ${MAX_BACKENDS} with the oldest transactions are listed`);
  const blockedBy = new Map(beside.blocking.map(({ pid, blockers }) => [pid, blockers]));
  return Object.freeze(
    rows.slice(0, MAX_BACKENDS).map((row) =>
      Object.freeze({
        pid: row.pid,
        applicationName: printable(row.applicationName),
        isOurs: row.isOurs,
        isAsking: row.isAsking,
        state: row.state ?? undefined,
        waitEvent: row.waitEvent ?? undefined,
        transactionAgeMs: row.transactionAgeMs ?? undefined,
        queryAgeMs: row.queryAgeMs ?? undefined,
        inStateMs: row.inStateMs ?? undefined,
        query: shownQuery(row),
        blockedBy: Object.freeze((blockedBy.get(row.pid) ?? []).map(({ pid }) => pid)),
        leaseId: row.isOurs ? beside.leases.get(row.pid) : undefined,
      }),
    ),
  );
}

/** Without literals. In place of what this user may not see the server has a text of its own. */
export function shownQuery(row: {
  readonly query: string | null;
  readonly isHidden: boolean;
}): string | undefined {
  return row.query === null || row.query === '' || row.isHidden ? undefined : sqlFingerprint(row.query);
}
