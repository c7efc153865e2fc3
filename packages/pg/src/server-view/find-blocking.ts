import { printable } from '@lifeguard/core/adapter';
import { withoutTag } from '../process-tag.ts';
import { HIDDEN, QUERY, SAME_DATABASE, since } from './activity-sql.ts';
import { shownQuery } from './list-backends.ts';
import type { AwaitedLock, BlockedBackend, Blocker } from './server-view.ts';
import type { ViewTransaction } from './view-transaction.ts';
import { arrayOf } from './whose-backends.ts';
import type { Ownership } from './whose-backends.ts';

interface WaitingRow {
  readonly pid: number;
  readonly isOurs: boolean;
  readonly isHidden: boolean;
  readonly query: string | null;
  readonly waitedMs: number | null;
  /** Pids with commas between them; may name one twice. */
  readonly blockers: string;
  readonly type: string | null;
  readonly mode: string | null;
  readonly relation: string | null;
}

interface BlockerRow {
  readonly pid: number;
  readonly application: string;
  readonly isOurs: boolean;
  readonly isHidden: boolean;
  readonly state: string | null;
  readonly transactionAgeMs: number | null;
  readonly query: string | null;
}

const MAX_WAITING = 100;
const MAX_BLOCKERS = 10;

/**
 * Lists who waits for a lock, and for whom. `pg_blocking_pids` stops all locking for a moment, so it is asked only about
 * those that wait; of backends whose waits this user may not see, `pg_locks` tells it.
 */
export async function findBlocking(
  transaction: ViewTransaction,
  ownership: Ownership,
): Promise<readonly BlockedBackend[]> {
  const rows = await transaction.rows<WaitingRow>(waitingSql(ownership.isOurs), ownership.values);
  const waiting = rows
    .slice(0, MAX_WAITING)
    .map((row) => ({ row, pids: pidsOf(row.blockers) }))
    // Those without have got their lock since.
    .filter(({ pids }) => pids.length > 0);
  if (rows.length > MAX_WAITING)
    transaction.note(`blocking: more than ${MAX_WAITING} backends wait for locks; not all are listed`);
  if (waiting.length === 0) return Object.freeze([]);
  const isWaiting = new Set(waiting.map(({ row }) => row.pid));
  for (const each of waiting)
    each.pids.sort((a, b) => Number(isWaiting.has(a)) - Number(isWaiting.has(b)) || a - b);
  const shown = new Set(waiting.flatMap(({ pids }) => pids.slice(0, MAX_BLOCKERS)));
  const blockers = await readBlockers(transaction, ownership, [...shown]);
  return Object.freeze(waiting.map(({ row, pids }) => blockedOf(row, pids, blockers)));
}

/** The first to wait for a row holds a lock on its tuple, which names the table; the lock it waits for does not. */
function waitingSql(isOurs: string): string {
  return `with waiting as materialized (
    select pid, ${isOurs} as "isOurs", ${HIDDEN} as "isHidden", ${QUERY} as query, query_start
    from pg_stat_activity where ${SAME_DATABASE} and pid <> pg_backend_pid()
      and (wait_event_type = 'Lock' or (${HIDDEN} and pid in (select pid from pg_locks where not granted)))
    order by 2 desc, query_start nulls last, pid limit ${MAX_WAITING + 1}),
  locks as materialized (
    select pid, granted, locktype, mode, (to_jsonb(l) ->> 'waitstart')::timestamptz as waitstart,
      case when relation is not null and database in (0, (select oid from pg_database where ${SAME_DATABASE}))
        then relation::regclass::text end as relation
    from pg_locks l where pid in (select pid from waiting) and (not granted or locktype = 'tuple'))
  select w.pid, w."isOurs", w."isHidden", w.query, ${since('coalesce(l.waitstart, w.query_start)')} as "waitedMs",
    array_to_string(pg_blocking_pids(w.pid), ',') as blockers, l.locktype as type, l.mode,
    coalesce(l.relation, (select relation from locks t where t.pid = w.pid and t.locktype = 'tuple' limit 1)) as relation
  from waiting w
    left join lateral (select * from locks where locks.pid = w.pid and not granted limit 1) l on true
  order by w."isOurs" desc, "waitedMs" desc nulls last, w.pid`;
}

async function readBlockers(
  transaction: ViewTransaction,
  { isOurs, values }: Ownership,
  pids: readonly number[],
): Promise<ReadonlyMap<number, Blocker>> {
  const rows = await transaction.rows<BlockerRow>(
    `select pid, coalesce(nullif(application_name, ''), nullif(backend_type, 'client backend'), '') as application,
      ${isOurs} as "isOurs", ${HIDDEN} as "isHidden", state, ${since('xact_start')} as "transactionAgeMs", ${QUERY} as query
    from pg_stat_activity where pid = any($${values.length + 1}::int[])`,
    [...values, arrayOf(pids)],
  );
  return new Map(rows.map((row) => [row.pid, blockerOf(row)]));
}

function blockedOf(
  row: WaitingRow,
  pids: readonly number[],
  known: ReadonlyMap<number, Blocker>,
): BlockedBackend {
  const blockers = pids.slice(0, MAX_BLOCKERS).map((pid) => known.get(pid) ?? unknownBlocker(pid));
  return Object.freeze({
    pid: row.pid,
    isOurs: row.isOurs,
    query: shownQuery(row),
    waitedMs: row.waitedMs ?? undefined,
    lock: lockOf(row),
    blockers: Object.freeze(blockers),
    blockersLeftOut: pids.length - blockers.length,
  });
}

function lockOf({ type, mode, relation }: WaitingRow): AwaitedLock | undefined {
  if (type === null || mode === null) return undefined;
  return Object.freeze({ type, mode, relation: relation === null ? undefined : printable(relation) });
}

function blockerOf(row: BlockerRow): Blocker {
  return Object.freeze({
    pid: row.pid,
    application: printable(withoutTag(row.application)),
    state: row.state ?? undefined,
    transactionAgeMs: row.transactionAgeMs ?? undefined,
    query: shownQuery(row),
    isOurs: row.isOurs,
  });
}

/** A transaction that was prepared has no backend; one that has ended meanwhile is not seen. */
function unknownBlocker(pid: number): Blocker {
  return Object.freeze({
    pid,
    application: '',
    state: pid === 0 ? 'prepared transaction' : undefined,
    transactionAgeMs: undefined,
    query: undefined,
    isOurs: false,
  });
}

function pidsOf(text: string): number[] {
  return text === '' ? [] : [...new Set(text.split(',').map(Number))];
}
