import type { Orphan } from '../read-orphans.ts';

/** What the server says of the connections to it, at one moment; frozen, and the same as JSON. No literal of a query is in it. */
export interface ServerView {
  readonly schemaVersion: 1;
  readonly server: ServerIdentity;
  /** Whether a pooler stands in between; then none of the backends is known to be ours. */
  readonly behindPooler: boolean;
  readonly counts: BackendCounts;
  /** Ours, those with the oldest transactions first, at most 200; see {@link ServerBackend.isOurs}. */
  readonly backends: readonly ServerBackend[];
  /** Who waits for a lock in this database, ours first, at most 100. */
  readonly blocking: readonly BlockedBackend[];
  /** Backends of this database and user whose process does not run any more, or may not; at most 200. */
  readonly orphans: readonly Orphan[];
  /** Processes that have connections with the same application name to this database; 0 where that is not known. */
  readonly instances: number;
  /** Present when the console of a PgBouncer was asked, and has answered. */
  readonly pooler: PoolerView | undefined;
  /** What could not be seen, and why: a short sentence each. A part that is named here may be empty or too small. */
  readonly missing: readonly string[];
}

/** The server, and as whom it was asked. */
export interface ServerIdentity {
  readonly version: string;
  /** `max_connections` */
  readonly maxConnections: number;
  /** Of these, `superuser_reserved_connections` and, since PostgreSQL 16, `reserved_connections`. */
  readonly reserved: number;
  readonly isStandby: boolean;
  /** ISO 8601, by the clock of the server. */
  readonly at: string;
  readonly database: string;
  readonly user: string;
}

/** How many client backends there are, of all databases and users. */
export interface BackendCounts {
  readonly total: number;
  readonly ours: number;
  /** The share of everybody else: `total - ours`. */
  readonly others: number;
  /** Of `total`, those of which this user may see neither state nor query. */
  readonly hidden: number;
  /** The 50 largest. */
  readonly applications: readonly ApplicationCount[];
  /** How many more applications there are. */
  readonly applicationsLeftOut: number;
}

/** The backends of one application, user and database. */
export interface ApplicationCount {
  /** `application_name` without the tag that Lifeguard puts behind it. */
  readonly application: string;
  readonly user: string;
  readonly database: string;
  readonly count: number;
  readonly active: number;
  readonly idle: number;
  /** Failed transactions included. */
  readonly idleInTransaction: number;
}

/** One backend. What this user may not see is `undefined`. */
export interface ServerBackend {
  readonly pid: number;
  readonly applicationName: string;
  /**
   * Of this pool; of a view without a pool, whether any process has opened it through Lifeguard. Where there is none such,
   * and behind a pooler, the backends of the database are listed in their place.
   */
  readonly isOurs: boolean;
  /** The one that answered this: its query is the view itself. */
  readonly isAsking: boolean;
  /** As in `pg_stat_activity`: `active`, `idle`, `idle in transaction`, … */
  readonly state: string | undefined;
  /** What it waits for, such as `Lock:transactionid`; an idle one for its client: `Client:ClientRead`. */
  readonly waitEvent: string | undefined;
  /** Milliseconds since its transaction began; `undefined` outside of one. */
  readonly transactionAgeMs: number | undefined;
  /** Milliseconds since its last query began, which need not run any more. */
  readonly queryAgeMs: number | undefined;
  /** Milliseconds in this state. */
  readonly inStateMs: number | undefined;
  /** The last statement, without literals. */
  readonly query: string | undefined;
  /** Pids of those that keep it from its lock, as in {@link BlockedBackend.blockers}. */
  readonly blockedBy: readonly number[];
  /** The lease of this pool that has it; `undefined` while nobody has. */
  readonly leaseId: number | undefined;
}

/** A backend that waits for a lock, and whoever keeps it from having it. */
export interface BlockedBackend {
  readonly pid: number;
  readonly isOurs: boolean;
  readonly query: string | undefined;
  /** Milliseconds that it has waited for this lock; before PostgreSQL 14 since its query began. */
  readonly waitedMs: number | undefined;
  readonly lock: AwaitedLock | undefined;
  /** Who waits for nobody comes first; at most 10. */
  readonly blockers: readonly Blocker[];
  /** How many more there are. */
  readonly blockersLeftOut: number;
}

/** A lock that somebody waits for. */
export interface AwaitedLock {
  /** As in `pg_locks`: `relation`, `transactionid` (of a row: until that transaction ends), `advisory`, … */
  readonly type: string;
  /** Such as `AccessExclusiveLock`. */
  readonly mode: string;
  /** The table with its schema, where it is known. */
  readonly relation: string | undefined;
}

/** Who holds a lock, or is before others in the queue for it. */
export interface Blocker {
  /** 0 is a prepared transaction, which no backend has. */
  readonly pid: number;
  /** Without Lifeguard's tag; of one that serves no client, what it is, such as `autovacuum worker`. */
  readonly application: string;
  readonly state: string | undefined;
  readonly transactionAgeMs: number | undefined;
  readonly query: string | undefined;
  readonly isOurs: boolean;
}

/** What the console of a PgBouncer says. */
export interface PoolerView {
  /** One for each pair of database and user, the longest wait first, at most 200. */
  readonly pools: readonly PoolerPool[];
  /** `default_pool_size`; `undefined` where this user may not see it. */
  readonly poolSize: number | undefined;
  /** `max_client_conn` */
  readonly maxClients: number | undefined;
}

/** A row of `SHOW POOLS`. */
export interface PoolerPool {
  readonly database: string;
  readonly user: string;
  readonly clientsActive: number;
  /** Clients that have sent something, and have no backend yet. */
  readonly clientsWaiting: number;
  readonly serversActive: number;
  readonly serversIdle: number;
  /** Idle for longer than `server_check_delay`; tried before they are used again. */
  readonly serversUsed: number;
  /** How long the first of the waiting clients has waited, in milliseconds. */
  readonly maxWaitMs: number;
  readonly mode: 'session' | 'transaction' | 'statement' | 'unknown';
}
