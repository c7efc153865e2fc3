import { printable } from '@lifeguard/core/adapter';
import { HIDDEN, SAME_DATABASE, SAME_USER, TAGGED, TAG_OF, UNTAGGED } from './activity-sql.ts';
import type { ApplicationCount, BackendCounts } from './server-view.ts';
import type { ViewTransaction } from './view-transaction.ts';
import type { Ownership } from './whose-backends.ts';

/** A group as the server counts it, with totals over all groups. */
export interface GroupRow extends ApplicationCount {
  readonly total: number;
  readonly ours: number;
  readonly hidden: number;
  readonly groups: number;
}

export const NO_COUNTS: BackendCounts = countsOf([]);
const MAX_APPLICATIONS = 50;
/** Of a name; a tag takes 31 bytes at most and a space, so that so many are left of it whatever the tag. */
const NAME_KEPT = 31;

/** Counts all client backends; on the server, so that thousands cost no more than a few rows. */
export async function countBackends(
  transaction: ViewTransaction,
  { isOurs, isCounted, values }: Ownership,
): Promise<BackendCounts> {
  const sql = `with seen as (
    select ${UNTAGGED} as application, coalesce(usename, '')::text as "user", coalesce(datname, '')::text as database,
      coalesce(state, '') as state, ${HIDDEN} as is_hidden, ${isOurs} as is_ours
    from pg_stat_activity where ${isCounted})
  select application, "user", database, count(*)::int as count,
    (count(*) filter (where state = 'active'))::int as active,
    (count(*) filter (where state = 'idle'))::int as idle,
    (count(*) filter (where state like 'idle in transaction%'))::int as "idleInTransaction",
    (sum(count(*)) over ())::int as total,
    (sum(count(*) filter (where is_ours)) over ())::int as ours,
    (sum(count(*) filter (where is_hidden)) over ())::int as hidden,
    (count(*) over ())::int as groups
  from seen group by application, "user", database
  order by count(*) desc, application, "user", database limit ${MAX_APPLICATIONS}`;
  return countsOf(await transaction.rows<GroupRow>(sql, values));
}

export function countsOf(rows: readonly GroupRow[]): BackendCounts {
  const { total = 0, ours = 0, hidden = 0, groups = 0 } = rows[0] ?? {};
  const applications = rows.map((row) =>
    Object.freeze({
      application: printable(row.application),
      user: printable(row.user),
      database: printable(row.database),
      count: row.count,
      active: row.active,
      idle: row.idle,
      idleInTransaction: row.idleInTransaction,
    }),
  );
  return Object.freeze({
    total,
    ours,
    others: total - ours,
    hidden,
    applications: Object.freeze(applications),
    applicationsLeftOut: groups - rows.length,
  });
}

/** Counts the processes that have tagged connections to this database; with a name, those of this name and user. */
export async function countInstances(
  transaction: ViewTransaction,
  name: string | undefined,
): Promise<number> {
  const named =
    name === undefined
      ? ''
      : ` and ${SAME_USER} and left(${UNTAGGED}, ${NAME_KEPT}) = left($1::text, ${NAME_KEPT})`;
  const [row] = await transaction.rows<{ instances: number }>(
    `select count(distinct ${TAG_OF})::int as instances from pg_stat_activity
     where ${SAME_DATABASE} and ${TAGGED}${named}`,
    name === undefined ? [] : [name],
  );
  return row?.instances ?? 0;
}
