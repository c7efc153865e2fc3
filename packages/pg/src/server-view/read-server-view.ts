import { printable } from '@lifeguard/core/adapter';
import { THIS_PROCESS, formatTag, withoutTag } from '../process-tag.ts';
import { readOrphans } from '../read-orphans.ts';
import type { Orphan } from '../read-orphans.ts';
import { checkLimit } from './check-limit.ts';
import { NO_COUNTS, countBackends, countInstances } from './count-backends.ts';
import { findBlocking } from './find-blocking.ts';
import { listBackends } from './list-backends.ts';
import type { BackendCounts, ServerIdentity, ServerView } from './server-view.ts';
import { ViewTransaction } from './view-transaction.ts';
import type { ViewQuery } from './view-transaction.ts';
import { ownershipOf } from './whose-backends.ts';
import type { Whose } from './whose-backends.ts';

/** What is known already of the connection that the server is asked on. */
export interface ReadServerViewOptions {
  /**
   * The leases of the pool that the connection is of, by the pid of their backend. Without it nobody's pool is meant: what
   * any process has opened through Lifeguard counts as ours.
   */
  readonly leases?: ReadonlyMap<number, number> | undefined;
  /** The server's process id, as the driver was told it; another backend than that means that there is a pooler. */
  readonly processId?: number | undefined;
  /** Whether a pooler stands in between, where that is known. */
  readonly behindPooler?: boolean | undefined;
  /**
   * Milliseconds that one statement may take; one that takes longer costs its part of the view.
   * @default 2000
   */
  readonly statementTimeoutMs?: number | undefined;
}

const STATEMENT_TIMEOUT_MS = 2_000;
const MAX_ORPHANS = 200;
const NO_ORPHANS: readonly Orphan[] = Object.freeze([]);
const NO_LEASES: ReadonlyMap<number, number> = new Map();

/**
 * Asks the server who is connected, who waits for whom, and what was left behind, in one read-only transaction on the
 * connection that `query` sends to. A privilege that is missing costs its part of the view, which `missing` then names;
 * rejects when the connection fails. What a pooler's console says is added by `withPooler`.
 */
export async function readServerView(
  query: ViewQuery,
  options: ReadServerViewOptions = {},
): Promise<ServerView> {
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS } = options;
  checkLimit('statementTimeoutMs', statementTimeoutMs);
  return ViewTransaction.run(query, statementTimeoutMs, (transaction) => readParts(transaction, options));
}

async function readParts(
  transaction: ViewTransaction,
  { leases, processId, behindPooler }: ReadServerViewOptions,
): Promise<ServerView> {
  const asked = await identify(transaction);
  // A driver that does not tell its number cannot be told apart from a direct connection.
  const isBehind = behindPooler ?? (processId !== undefined && processId !== asked.pid);
  const whose = whoseOf(asked, isBehind, leases);
  const ownership = ownershipOf(whose);
  const counts = await transaction.part('counts', NO_COUNTS, () => countBackends(transaction, ownership));
  const blocking = await transaction.part('blocking', Object.freeze([]), () =>
    findBlocking(transaction, ownership),
  );
  const beside = { ours: counts.ours, blocking, leases: leases ?? NO_LEASES };
  const backends = await transaction.part('backends', Object.freeze([]), () =>
    listBackends(transaction, ownership, beside),
  );
  const orphans = isBehind
    ? NO_ORPHANS
    : await transaction.part('orphans', NO_ORPHANS, () =>
        readOrphans(async (sql) => ({ rows: await transaction.rows(sql) }), MAX_ORPHANS),
      );
  const instances = await transaction.part('instances', 0, () => instancesOf(transaction, whose));
  noteWhatIsHidden(transaction, asked, whose, counts);
  return Object.freeze({
    schemaVersion: 1,
    server: asked.server,
    behindPooler: isBehind,
    counts,
    backends,
    blocking,
    orphans,
    instances,
    pooler: undefined,
    missing: Object.freeze([...transaction.missing]),
  });
}

interface Asked {
  readonly server: ServerIdentity;
  readonly pid: number;
  readonly applicationName: string;
  readonly tracksActivities: boolean;
}

async function identify(transaction: ViewTransaction): Promise<Asked> {
  const [row] = await transaction.rows<ServerIdentity & Omit<Asked, 'server'>>(
    `select current_setting('server_version') as version, current_setting('max_connections')::int as "maxConnections",
      current_setting('superuser_reserved_connections')::int
        + coalesce(current_setting('reserved_connections', true), '0')::int as reserved,
      pg_is_in_recovery() as "isStandby", current_database()::text as database, current_user::text as "user",
      to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, pg_backend_pid() as pid,
      current_setting('application_name') as "applicationName", current_setting('track_activities') = 'on' as "tracksActivities"`,
  );
  if (row === undefined) throw new Error('the server answered with no row to a question that has one');
  const { pid, applicationName, tracksActivities, version, maxConnections, reserved, isStandby, at } = row;
  const server = Object.freeze({
    version: printable(version),
    maxConnections,
    reserved,
    isStandby,
    at,
    database: printable(row.database),
    user: printable(row.user),
  });
  return { server, pid, applicationName, tracksActivities };
}

function whoseOf(asked: Asked, isBehind: boolean, leases: ReadonlyMap<number, number> | undefined): Whose {
  if (isBehind) return { kind: 'pooler' };
  if (leases === undefined) return { kind: 'tagged' };
  const isTagged = asked.applicationName.endsWith(formatTag(THIS_PROCESS));
  return {
    kind: 'pool',
    taggedName: isTagged ? asked.applicationName : undefined,
    pids: [asked.pid, ...leases.keys()],
  };
}

async function instancesOf(transaction: ViewTransaction, whose: Whose): Promise<number> {
  switch (whose.kind) {
    case 'pooler':
      return 0;
    case 'tagged':
      return countInstances(transaction, undefined);
    case 'pool':
      if (whose.taggedName === undefined) return 0;
      return countInstances(transaction, withoutTag(whose.taggedName));
    default:
      return whose satisfies never;
  }
}

function noteWhatIsHidden(
  transaction: ViewTransaction,
  { server: { user }, tracksActivities }: Asked,
  whose: Whose,
  { hidden, total }: BackendCounts,
): void {
  if (hidden > 0)
    transaction.note(
      `activity: "${user}" may not see state and query of ${hidden} of ${total} backends, which are other users'; "grant pg_monitor to ${user}" shows them`,
    );
  if (!tracksActivities) transaction.note('activity: track_activities is off, so states and queries are old');
  if (whose.kind === 'pooler')
    transaction.note(
      'backends: a pooler stands in between, and they are its own, of all its clients: none is joined with a lease, instances are not counted, and orphans not looked for',
    );
  if (whose.kind === 'pool' && whose.taggedName === undefined)
    transaction.note(
      'backends: the application_name does not end in the tag of this process, so only leased connections are known to be ours, instances are not counted, and orphans only of others (tagApplicationName)',
    );
}
