import { InvalidOptionError, LifeguardError } from '@lifeguard/core';
import type { ClientLease } from './client-lease.ts';
import type { LifeguardPool } from './lifeguard-pool.ts';
import { BACKEND_START, SAME_OWNER, judgeOrphan, readOrphans } from './read-orphans.ts';
import type { Orphan } from './read-orphans.ts';

/** How the end of an orphan came out. `gone`: it had ended before. `denied`: this user may not end it. */
export type OrphanEnd = 'terminated' | 'gone' | 'denied';

/** An orphan, and how its end came out. */
export interface TerminatedOrphan {
  readonly orphan: Orphan;
  readonly end: OrphanEnd;
}

/** More are not listed at a time. */
const MAX_ORPHANS = 1_000;

/** One statement, so that between looking and ending the pid cannot pass to another backend. */
const TERMINATE = `select pg_terminate_backend(pid) as terminated from pg_stat_activity
  where pid = $1 and ${BACKEND_START} = $2 and application_name = $3 and ${SAME_OWNER}`;

/**
 * Lists backends of the same database and user that a process before this one, or elsewhere, has left behind: those whose
 * `application_name` bears the tag of another process. Processes of this machine that still run are left out; of processes
 * elsewhere (another host, another container) nothing is known. Takes a connection of the pool.
 *
 * Throws `LG_UNSUPPORTED` behind a pooler: backends are the pooler's there, which closes those of clients that are gone. A pool
 * past the pooler sees its backends too; say `pooler: 'transaction'` in those behind it, and none bears a tag.
 *
 * @example
 * const orphans = await findOrphans(pool);
 * await terminateOrphans(pool, orphans.filter(({ verdict }) => verdict === 'dead'));
 */
export async function findOrphans(pool: LifeguardPool): Promise<readonly Orphan[]> {
  return pool.use(async (lease) => {
    await refuseBehindPooler(pool, lease);
    return readOrphans((sql) => lease.query(sql), MAX_ORPHANS);
  });
}

/**
 * Ends the backends that are passed in, each only if it is still the one that was found. Throws `LG_INVALID_OPTION`, and
 * ends none, when one belongs to a process that runs, to this one above all; or when it is not known whether its process
 * runs, unless `includeUnknown` says that you know. Throws `LG_UNSUPPORTED` behind a pooler.
 */
export async function terminateOrphans(
  pool: LifeguardPool,
  orphans: readonly Orphan[],
  { includeUnknown = false }: { readonly includeUnknown?: boolean } = {},
): Promise<readonly TerminatedOrphan[]> {
  for (const orphan of orphans) refuseUnlessOrphan(orphan, includeUnknown);
  const ended: TerminatedOrphan[] = [];
  if (orphans.length > 0) await pool.use((lease) => refuseBehindPooler(pool, lease));
  for (const orphan of orphans) ended.push(Object.freeze({ orphan, end: await terminate(pool, orphan) }));
  return Object.freeze(ended);
}

/** Ends those whose process certainly does not run any more; returns how many those were. */
export async function terminateDead(pool: LifeguardPool): Promise<number> {
  const dead = (await findOrphans(pool)).filter(({ verdict }) => verdict === 'dead');
  const ended = await terminateOrphans(pool, dead);
  return ended.filter(({ end }) => end === 'terminated').length;
}

async function terminate(pool: LifeguardPool, orphan: Orphan): Promise<OrphanEnd> {
  try {
    const { rows } = await pool.query<{ terminated: boolean }>(TERMINATE, [
      orphan.pid,
      orphan.backendStart,
      orphan.applicationName,
    ]);
    return rows[0]?.terminated === true ? 'terminated' : 'gone';
  } catch (error) {
    if ((error as { code?: unknown }).code === '42501') return 'denied';
    throw error;
  }
}

/** Where the pool does not know whether there is a pooler, this connection is asked. */
async function refuseBehindPooler(pool: LifeguardPool, lease: ClientLease): Promise<void> {
  if (pool.behindPooler === false || lease.processID === undefined) return;
  if (pool.behindPooler === undefined) {
    const { rows } = await lease.query<{ pid: number }>('select pg_backend_pid() as pid');
    if (rows[0]?.pid === lease.processID) return;
  }
  throw new LifeguardError('LG_UNSUPPORTED', {
    summary: `pool "${pool.name}" is behind a pooler: who owns a backend cannot be told`,
    rows: [
      ['likely', 'one backend serves many processes there, and the pooler ends what a dead client has left'],
      ['fix', 'look for orphans through a pool that connects to the server itself'],
    ],
  });
}

/** What was found is judged anew: it may have been made up, or kept for long. */
function refuseUnlessOrphan({ applicationName }: Orphan, includeUnknown: boolean): void {
  const verdict = judgeOrphan(applicationName);
  if (verdict === 'dead' || (verdict === 'unknown' && includeUnknown)) return;
  const expected =
    verdict === 'unknown'
      ? 'backends of processes that are dead; { includeUnknown: true } takes those of which nothing is known'
      : 'backends of other processes, which do not run any more';
  throw new InvalidOptionError('orphans', expected, applicationName);
}
