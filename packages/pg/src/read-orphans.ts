import process from 'node:process';
import { sqlFingerprint } from '@lifeguard/core/adapter';
import { MACHINE_IS_CERTAIN, THIS_PROCESS, bootOf, readTag } from './process-tag.ts';

/** `dead`: its process does not run any more. `unknown`: it may run, where this process cannot see it. */
export type OrphanVerdict = 'dead' | 'unknown';

/** A backend on the server that another process has opened through Lifeguard, and that no process may own any more. */
export interface Orphan {
  readonly pid: number;
  /** When the backend began, in UTC and to the microsecond: with `pid` it names this backend and no later one. */
  readonly backendStart: string;
  readonly applicationName: string;
  /** As in `pg_stat_activity`: `active`, `idle`, `idle in transaction`, … */
  readonly state: string;
  /** Milliseconds in this state. */
  readonly inStateMs: number;
  /** The last statement, without literals. */
  readonly query: string;
  readonly verdict: OrphanVerdict;
}

/** Independent of the time zone and date style of the backend session that is asked. */
export const BACKEND_START = `to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** Backends that this session may take for orphans: of its database and user. */
export const SAME_OWNER = `datname = current_database() and usename = session_user and pid <> pg_backend_pid()
  and backend_type = 'client backend'`;

/** Lists those among the backends of this database and user, at most `limit`, whose process does not run, or may not. */
export async function readOrphans(
  query: (sql: string) => Promise<{ readonly rows: readonly unknown[] }>,
  limit: number,
): Promise<readonly Orphan[]> {
  const { rows } = await query(`select pid, ${BACKEND_START} as "backendStart",
    application_name as "applicationName", coalesce(state, '') as state, coalesce(query, '') as query,
    greatest(0, round(extract(epoch from clock_timestamp() - coalesce(state_change, backend_start)) * 1000))::float8
      as "inStateMs"
    from pg_stat_activity where ${SAME_OWNER} and application_name ~ '(^| )lg:[0-9a-z.]+$'
    order by backend_start limit ${limit}`);
  const orphans: Orphan[] = [];
  for (const row of rows as readonly Omit<Orphan, 'verdict'>[]) {
    const verdict = judgeOrphan(row.applicationName);
    if (verdict !== undefined)
      orphans.push(Object.freeze({ ...row, query: sqlFingerprint(row.query), verdict }));
  }
  return Object.freeze(orphans);
}

/** About the process that the tag names; `undefined` when it runs, or there is no tag. */
export function judgeOrphan(applicationName: string): OrphanVerdict | undefined {
  const tag = readTag(applicationName);
  const { machine, pid, boot } = THIS_PROCESS;
  if (tag === undefined) return undefined;
  if (tag.machine !== machine || !MACHINE_IS_CERTAIN) return tag.boot === boot ? undefined : 'unknown';
  // A pid with another boot id is that of a process before the one that has it now.
  const bootNow = tag.pid === pid ? boot : bootOf(tag.pid);
  if (bootNow !== undefined) return bootNow === tag.boot ? undefined : 'dead';
  return isRunning(tag.pid) ? undefined : 'dead';
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Another user's process may not be asked, but is there.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
