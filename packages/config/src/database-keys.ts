import { choice, count, duration, flag, postgresUrl, text } from './kind.ts';
import type { Kind } from './kind.ts';
import type { DatabasePoolOptions } from './settings.ts';
import type { TableKey } from './table-key.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const WEEK = 7 * 24 * HOUR;

/** One key of `providers.database`, and which option it sets. */
export interface SettingsKey extends TableKey {
  /** The option of the pool that it becomes; `url` becomes none. */
  readonly option: keyof DatabasePoolOptions | undefined;
}

function key<Option extends keyof DatabasePoolOptions>(
  option: Option,
  // Checked here, once: what a key holds is what its option takes.
  kind: Kind<NonNullable<DatabasePoolOptions[Option]>>,
  fallback: string | number | boolean | undefined,
  description: string,
): SettingsKey {
  return { ...kind, option, fallback, description };
}

/**
 * The keys of `providers.database`: the only place that says what they are. Schema, conversion, messages, JSON Schema
 * and the table in the README come from it. The ranges are wide, but refuse milliseconds written where seconds are read.
 */
export const DATABASE_KEYS: Readonly<Record<string, SettingsKey>> = {
  url: {
    ...postgresUrl(),
    option: undefined,
    fallback: undefined,
    description: 'Where the database is. Left out, the environment variable DATABASE_URL says it.',
  },
  name: key('name', text(100), 'main', 'Name of the pool in errors, snapshots and metrics.'),
  pool_size: key('size', count(1, 10_000), 20, 'Connections that are kept once opened.'),
  max_overflow: key('maxOverflow', count(0, 10_000), 40, 'Further connections that a burst may open.'),
  min_idle: key('minIdle', count(0, 20_000), 0, 'Idle connections held ready.'),
  max_waiting: key(
    'maxWaiting',
    count(0, 1_000_000),
    10_000,
    'Callers that may wait; the next one is rejected.',
  ),
  queue_policy: key(
    'queuePolicy',
    choice('fifo', 'controlled'),
    'fifo',
    'Whether callers are only served in their order, or turned away early when more come than are served.',
  ),
  overload_after: key(
    'overloadAfterMs',
    duration(10, HOUR),
    '1s',
    'How long more callers must come than are served before a controlled queue turns any away.',
  ),
  reserved: key('reserved', count(0, 10_000), 0, 'Connections that only acquires of priority high may use.'),
  tenant_tag: key(
    'tenantTag',
    text(100),
    undefined,
    'The tag of sessions that says on whose behalf they acquire: tenants share the pool. Left out, none.',
  ),
  max_connecting: key('maxConnecting', count(1, 1_000), 4, 'Attempts to connect at the same time.'),
  max_uses: key(
    'maxUses',
    count(1, 1_000_000_000),
    undefined,
    'Leases a connection may serve. Left out, any number.',
  ),
  pool_timeout: key(
    'acquireTimeoutMs',
    duration(1, HOUR),
    '30s',
    'How long a caller waits for a connection, in all.',
  ),
  connect_timeout: key(
    'connectTimeoutMs',
    duration(1, 10 * MINUTE),
    '10s',
    'How long one attempt to connect may take.',
  ),
  retry_connect: key(
    'retryConnect',
    flag(),
    true,
    'Whether callers wait on while the database cannot be reached.',
  ),
  pool_recycle: key(
    'maxLifetimeMs',
    duration(1, WEEK, { never: true }),
    '30m',
    'Age at which a connection is replaced.',
  ),
  pool_pre_ping: key(
    'prePing',
    flag(),
    true,
    'Whether a connection is pinged before it is granted, unless just used.',
  ),
  keepalive: key(
    'keepaliveMs',
    duration(0, 24 * HOUR),
    '2m',
    'How often an idle connection is pinged; 0: never.',
  ),
  idle_timeout: key(
    'idleTimeoutMs',
    duration(0, WEEK),
    '10m',
    'When an idle connection is closed; 0: when returned.',
  ),
  overflow_linger: key(
    'overflowLingerMs',
    duration(0, HOUR),
    '2s',
    'How long an overflow connection stays when idle.',
  ),
  leak_threshold: key(
    'leakThresholdMs',
    duration(1, 24 * HOUR),
    '30s',
    'A lease held longer is reported as overdue.',
  ),
  idle_threshold: key(
    'idleThresholdMs',
    duration(1, 24 * HOUR),
    undefined,
    'A lease without a query for longer is reported as idle. Left out, the value of leak_threshold.',
  ),
  orphan_grace: key(
    'orphanGraceMs',
    duration(0, HOUR),
    '1s',
    'How long a lease may outlive its session or request before it is reported.',
  ),
  adaptive_threshold: key(
    'adaptiveThreshold',
    flag(),
    true,
    'Whether a place in the code that is usually quick is reported long before leak_threshold.',
  ),
  monitor_interval: key(
    'monitorIntervalMs',
    duration(10, HOUR),
    '1s',
    'How often open leases are looked at.',
  ),
  report_interval: key(
    'reportIntervalMs',
    duration(0, 24 * HOUR),
    '1m',
    'Of reports of the same place in the code, one in this time is logged.',
  ),
  max_sites: key('maxSites', count(1, 100_000), 500, 'Places in the code that are kept with statistics.'),
  nested_acquire: key(
    'nestedAcquire',
    choice('off', 'warn', 'error'),
    'warn',
    'What is done when code that holds a connection asks for another one.',
  ),
  reclaim: key(
    'reclaim',
    choice('report', 'under-pressure', 'always'),
    'report',
    'Whether a suspected lease is taken back: never, when somebody waits for a connection, or always.',
  ),
  session_timeout: key(
    'sessionTimeoutMs',
    duration(1, 24 * HOUR),
    '5m',
    'Limit of managed sessions that name none.',
  ),
  server_limits: key(
    'serverLimits',
    flag(),
    true,
    'Whether BEGIN in a session with a limit takes that limit to the server.',
  ),
  connection_check: key(
    'connectionCheckMs',
    duration(0, HOUR),
    '1s',
    'How often the server looks, while it runs a statement, whether this process is there; 0: never.',
  ),
  tag_application_name: key(
    'tagApplicationName',
    flag(),
    true,
    'Whether application_name on the server says which process a connection belongs to.',
  ),
  session_state: key(
    'sessionState',
    choice('keep', 'replace'),
    'keep',
    'What becomes of a connection whose holder has run SET, LISTEN and the like.',
  ),
  pooler: key(
    'pooler',
    choice('auto', 'transaction', 'none'),
    'auto',
    'Whether a pooler such as PgBouncer is in between; none also stands for one in session mode.',
  ),
  drain_timeout: key('drainMs', duration(0, HOUR), '30s', 'How long close() lets holders finish.'),
};
