import { CLIENT, SAME_DATABASE, SAME_USER, TAGGED } from './activity-sql.ts';

/** Which backends count as ours. */
export type Whose =
  /** Of a pool: those with its application name, which ends in the tag of this process (`undefined` without one), and its leases'. */
  | { readonly kind: 'pool'; readonly taggedName: string | undefined; readonly pids: readonly number[] }
  /** Nobody's: whatever process has opened them through Lifeguard. Who asks is not among them. */
  | { readonly kind: 'tagged' }
  /** Behind a pooler: the backends are its own. */
  | { readonly kind: 'pooler' };

/** That as conditions on `pg_stat_activity`, with the parameters `$1`, … of the first. */
export interface Ownership {
  readonly isOurs: string;
  readonly values: readonly unknown[];
  /** Who is counted at all. */
  readonly isCounted: string;
  /** Who is listed in place of ours where there are none of these. */
  readonly isNear: string;
}

export function ownershipOf(whose: Whose): Ownership {
  switch (whose.kind) {
    case 'pool':
      return {
        isOurs: `coalesce((${SAME_DATABASE} and ${SAME_USER} and application_name = $1::text) or pid = any($2::int[]), false)`,
        values: [whose.taggedName ?? null, arrayOf(whose.pids)],
        isCounted: CLIENT,
        isNear: 'false',
      };
    case 'tagged':
      return {
        isOurs: `coalesce(${SAME_DATABASE} and ${TAGGED}, false)`,
        values: [],
        isCounted: `${CLIENT} and pid <> pg_backend_pid()`,
        isNear: SAME_DATABASE,
      };
    case 'pooler':
      return {
        isOurs: 'false',
        values: [],
        isCounted: CLIENT,
        isNear: `${SAME_DATABASE} and ${SAME_USER}`,
      };
    default:
      return whose satisfies never;
  }
}

/** As the server writes it, so that it does not matter what a driver makes of arrays. */
export function arrayOf(pids: readonly number[]): string {
  return `{${pids.join(',')}}`;
}
