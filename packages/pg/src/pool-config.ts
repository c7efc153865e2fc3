import { InvalidOptionError } from '@lifeguard/core';
import { refuseUnknownOptions } from '@lifeguard/core/adapter';
import type { PoolOptions } from '@lifeguard/core';
import type { PoolConfig } from 'pg';
import type { DriverClient } from './driver-types.ts';
import type { PgConnectorOptions, SessionStatePolicy } from './pg-connector.ts';
import type { PoolerOption } from './pooler-watch.ts';

/**
 * `pg.Pool`'s options, and ours. Where both name the same thing (`max` and `size`, `idleTimeoutMillis` and
 * `idleTimeoutMs`, …) ours wins.
 */
export interface LifeguardPoolOptions
  extends Omit<PoolConfig, 'Client' | 'onConnect' | 'verify' | 'maxUses'>,
    PoolOptions {
  /** Runs once on each new connection, before anybody gets it. A rejection closes the connection. */
  readonly onConnect?: ((client: DriverClient) => Promise<void> | void) | undefined;
  /** As in pg-pool: told of each new client, answers with an error to refuse it. */
  readonly verify?: ((client: DriverClient, callback: (error?: Error) => void) => void) | undefined;
  /**
   * Whether BEGIN, in a session with a deadline, takes along what the server shall allow its transaction (`set local
   * statement_timeout`, `idle_in_transaction_session_timeout`, `transaction_timeout`): one second more than is left of the
   * session. So it ends, and lets go of its locks, also when this process is blocked or dead. Costs no round trip; does
   * nothing in a session without a limit, outside of one, or with `pipeline`.
   * @default true
   */
  readonly serverLimits?: boolean | undefined;
  /**
   * Milliseconds after which the server looks, while it runs a statement, whether this process is still there
   * (`client_connection_check_interval`, PostgreSQL 14 and later); 0 leaves the setting alone. Without it a statement whose
   * process has died runs to its end. Not set behind a pooler, nor where another interval is set already.
   * @default 1000
   */
  readonly connectionCheckMs?: number | undefined;
  /**
   * Whether the `application_name` of each connection ends in `lg:<machine>.<pid>.<boot>`, which says what process it
   * belongs to: in `pg_stat_activity` for people, and for `findOrphans()`. Your own name stays before it, shortened to what
   * 63 bytes leave.
   * @default true
   */
  readonly tagApplicationName?: boolean | undefined;
  /**
   * What becomes of a connection whose holder has changed its backend session beyond a transaction (`SET`, `LISTEN`, temporary
   * tables, `PREPARE`, advisory locks). `replace` closes it when it is given back, so that the next holder does not find
   * another tenant's settings; it is judged by the text of the statements, and what your connect hooks set is kept. Costs a
   * connect each time; `SET LOCAL` costs none.
   * @default 'keep', as in pg-pool
   */
  readonly sessionState?: SessionStatePolicy | undefined;
  /**
   * Whether a pooler such as PgBouncer stands between us and the server. `auto` finds out with the first connection, in the
   * round trip that asks for the limits (so not with `serverLimits: false` and `connectionCheckMs: 0`). `transaction` says so
   * from the beginning, and no connection is named after this process before it is known. `none`: there is none, or one in
   * session mode, whose clients have a backend of their own; what we set for the backend session is then safe. Behind a
   * pooler nothing is set beyond a transaction; see docs/pgbouncer.md.
   * @default 'auto'
   */
  readonly pooler?: PoolerOption | undefined;
  /** @default pg.Client */
  readonly Client?: unknown;
}

/** pg's options, under which pg's own defaults hold: what was a pool of 10 stays a pool of 10. */
const PG_MAX = 10;
const PG_IDLE_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Translates `pg.Pool`'s options into the core's. pg's defaults stay as they are, but for one: an acquire that names no
 * limit waits 30 s and not for ever. `connectionTimeoutMillis: 0` still means for ever, and then a failed connect is told
 * at once, as pg-pool does, since nothing else would end the wait.
 */
export function toPoolOptions(options: LifeguardPoolOptions): PoolOptions {
  // pg hands on whatever it does not know; by their ending we know which are meant for us.
  refuseUnknownOptions(options, (option) => option.endsWith('Ms') && option !== 'connectionCheckMs');
  const max = options.max ?? (options as { poolSize?: number }).poolSize;
  const size = options.size ?? (max ? checkMax(max) : PG_MAX);
  const acquireTimeoutMs =
    options.acquireTimeoutMs ?? limit('connectionTimeoutMillis', options.connectionTimeoutMillis);
  const waitsForEver = acquireTimeoutMs === Infinity;
  return dropUndefined({
    ...pickCore(options),
    size,
    maxOverflow: options.maxOverflow ?? 0,
    minIdle: options.minIdle ?? Math.min(options.min ?? 0, size),
    acquireTimeoutMs,
    connectTimeoutMs:
      options.connectTimeoutMs ?? Math.min(acquireTimeoutMs ?? CONNECT_TIMEOUT_MS, CONNECT_TIMEOUT_MS),
    retryConnect: options.retryConnect ?? !waitsForEver,
    idleTimeoutMs:
      options.idleTimeoutMs ?? limit('idleTimeoutMillis', options.idleTimeoutMillis) ?? PG_IDLE_TIMEOUT_MS,
    maxLifetimeMs: options.maxLifetimeMs ?? lifetime(options.maxLifetimeSeconds),
  });
}

const CONNECTION_CHECK_MS = 1_000;

/** How a connector is made from the same options. */
export function toConnectorOptions(options: LifeguardPoolOptions): ServerOptions {
  const { connectionCheckMs = CONNECTION_CHECK_MS, serverLimits = true, tagApplicationName = true } = options;
  const { sessionState = 'keep', pooler = 'auto' } = options;
  if (pooler !== 'auto' && pooler !== 'transaction' && pooler !== 'none')
    throw new InvalidOptionError('pooler', "'auto', 'transaction' or 'none'", pooler);
  if (sessionState === 'replace' && pooler === 'transaction')
    throw new InvalidOptionError(
      'sessionState',
      "'keep' with pooler: 'transaction' (our closing a connection does not reset the backend, which others use; SET LOCAL in a transaction is safe)",
      sessionState,
    );
  if (sessionState !== 'keep' && sessionState !== 'replace')
    throw new InvalidOptionError('sessionState', "'keep' or 'replace'", sessionState);
  if (!Number.isInteger(connectionCheckMs) || connectionCheckMs < 0)
    throw new InvalidOptionError(
      'connectionCheckMs',
      'a whole number of milliseconds, 0 for no check',
      connectionCheckMs,
    );
  return {
    connectionCheckMs,
    sessionState,
    pooler,
    serverLimits: flag('serverLimits', serverLimits),
    tagApplicationName: flag('tagApplicationName', tagApplicationName),
  };
}

type ServerOptions = Required<
  Pick<
    PgConnectorOptions,
    'serverLimits' | 'connectionCheckMs' | 'tagApplicationName' | 'sessionState' | 'pooler'
  >
>;

function flag(option: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new InvalidOptionError(option, 'true or false', value);
}

function checkMax(max: unknown): number {
  if (typeof max === 'number' && Number.isInteger(max) && max >= 1) return max;
  throw new InvalidOptionError('max', 'a whole number, 1 or more', max);
}

/** 0 is pg's way to say "no limit". */
function limit(option: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !(value >= 0))
    throw new InvalidOptionError(option, 'a number of milliseconds, 0 for no limit', value);
  return value === 0 ? Infinity : value;
}

function lifetime(seconds: number | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  return seconds === 0 ? Infinity : seconds * 1_000;
}

type Translated =
  | 'size'
  | 'maxOverflow'
  | 'minIdle'
  | 'acquireTimeoutMs'
  | 'connectTimeoutMs'
  | 'retryConnect'
  | 'idleTimeoutMs'
  | 'maxLifetimeMs';

/** Options that mean the same here and in the core. One that is missing does not type-check: it would be lost in silence. */
const CORE_OPTIONS: Readonly<Record<Exclude<keyof PoolOptions, Translated>, true>> = {
  name: true,
  maxWaiting: true,
  queuePolicy: true,
  overloadAfterMs: true,
  reserved: true,
  tenantTag: true,
  tenantWeights: true,
  maxConnecting: true,
  connectBackoffMs: true,
  maxConnectBackoffMs: true,
  maxUses: true,
  overflowLingerMs: true,
  prePing: true,
  pingAfterIdleMs: true,
  pingTimeoutMs: true,
  keepaliveMs: true,
  resetTimeoutMs: true,
  closeTimeoutMs: true,
  lostTimeoutMs: true,
  drainMs: true,
  leakThresholdMs: true,
  idleThresholdMs: true,
  orphanGraceMs: true,
  adaptiveThreshold: true,
  monitorIntervalMs: true,
  reportIntervalMs: true,
  maxSites: true,
  nestedAcquire: true,
  reclaim: true,
  sessionTimeoutMs: true,
  stacks: true,
  logger: true,
  clock: true,
  random: true,
};

function pickCore(options: PoolOptions): PoolOptions {
  const keys = Object.keys(CORE_OPTIONS) as (keyof typeof CORE_OPTIONS)[];
  return Object.fromEntries(keys.map((key) => [key, options[key]]));
}

type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

function dropUndefined<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>;
}
