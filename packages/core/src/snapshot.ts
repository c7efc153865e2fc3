import type { CallSite } from './call-site.ts';
import type { AcquirePriority } from './acquire-priority.ts';
import type { ConnectorFacts } from './connector.ts';
import type { DurationSummary } from './histogram.ts';
import type { LeakReport } from './leak-report.ts';
import type { PoolOptionsView } from './pool-options-view.ts';
import type { SessionKind } from './session.ts';
import type { SiteView } from './site-stats.ts';

/** How many connections are in which state; `used + idle + connecting + resetting + closing ≤ max` at every moment. */
export interface PoolCounts {
  readonly name: string;
  /** Leased to a caller. */
  readonly used: number;
  readonly idle: number;
  readonly connecting: number;
  /** Being pinged, or cleaned after a release. */
  readonly resetting: number;
  readonly closing: number;
  /** Closed by us, but the backend may still live; outside `max`, capped by `max`. */
  readonly lost: number;
  /** Callers that wait for a connection. */
  readonly pending: number;
  /** How long the first of them has waited; 0 without waiters. Milliseconds. */
  readonly oldestWaitMs: number;
  /** Base size. */
  readonly size: number;
  /** Base size and overflow. */
  readonly max: number;
}

/** What is known of the transaction on a leased connection. */
export type TransactionStatus = 'none' | 'open' | 'failed' | 'unknown';

/** One open lease, as data. No SQL literal, parameter or row value is in it. */
export interface LeaseView {
  readonly id: number;
  /** By the clock. */
  readonly heldMs: number;
  /** Time since its last query ended; `undefined` while one runs. Without the times in which the loop was blocked. */
  readonly idleMs: number | undefined;
  readonly site: CallSite | undefined;
  readonly frames: readonly CallSite[];
  readonly label: string | undefined;
  readonly session: SessionView | undefined;
  readonly transaction: TransactionStatus;
  readonly queryRunning: boolean;
  readonly queries: number;
  /** Fingerprint of the last statement. */
  readonly lastQuery: string | undefined;
  /** The server's process id of this connection, where it is known. */
  readonly backendPid: number | undefined;
  readonly suspected: boolean;
  /** Part of `heldMs` in which the event loop was blocked, and nobody could have given it back. */
  readonly blockedMs: number;
  /** Its handle is garbage: nobody can give it back any more. */
  readonly collected: boolean;
}

/** One caller that waits, as data. */
export interface WaiterView {
  readonly waitedMs: number;
  /** How long it waits at most; `undefined` without limit. */
  readonly timeoutMs: number | undefined;
  /** Where it called; `undefined` where no stack was taken, or the budget for reading stacks is spent. */
  readonly site: CallSite | undefined;
  readonly label: string | undefined;
  readonly priority: AcquirePriority;
  readonly tenant: string | undefined;
}

/** One session, as data. */
export interface SessionView {
  readonly id: number;
  readonly kind: SessionKind;
  readonly name: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly traceId: string | undefined;
  readonly ageMs: number;
  readonly timeoutMs: number;
  /** Since it was over; `undefined` while it is open. A lease that is still open then has lost its owner. */
  readonly endedMs: number | undefined;
}

/** The leases of one place in the code. */
export interface HolderView {
  readonly site: CallSite | undefined;
  readonly label: string | undefined;
  readonly count: number;
  readonly minHeldMs: number;
  readonly maxHeldMs: number;
  /** What most of them do: `active`, `idle in transaction`, `idle`, `no query yet`. */
  readonly state: string;
  readonly suspected: number;
}

/** Running totals since the pool was made. */
export interface PoolCounters {
  readonly acquired: number;
  readonly released: number;
  readonly timeouts: number;
  readonly aborted: number;
  readonly rejected: number;
  /** Of these, callers turned away because more came than were served; see `queuePolicy`. */
  readonly shed: number;
  readonly connected: number;
  readonly connectFailures: number;
  readonly closed: number;
  readonly pingFailures: number;
  /** Leases taken back from their holders, for whatever reason. */
  readonly revoked: number;
  /** Of these, leaked ones that the `reclaim` policy took back. */
  readonly reclaimed: number;
  readonly leaksReported: number;
  readonly returnedLate: number;
  /** Acquires by code that held a connection of the same pool. */
  readonly nested: number;
  /** Waiters turned away because every connection was held by code that itself waited. */
  readonly deadlocks: number;
  /** Sessions that were ended at their limit while they held, or waited for, a connection of this pool. */
  readonly sessionTimeouts: number;
  /** Requests sent to the server to cancel a statement: because a lease was taken back, its connection died, or somebody asked. */
  readonly cancels: number;
}

/** Everything about a pool at one moment; frozen, and the same as JSON. */
export interface PoolSnapshot extends PoolCounts {
  readonly schemaVersion: 1;
  /** ISO 8601, wall clock. */
  readonly at: string;
  readonly state: 'open' | 'suspended' | 'closing' | 'closed';
  /** Somebody else has made it, and it works as they have: what only pools of ours can do is not there. */
  readonly watchedOnly: boolean;
  /** Connections above the base size. */
  readonly overflow: number;
  readonly options: PoolOptionsView;
  readonly counters: PoolCounters;
  readonly waitTime: DurationSummary;
  readonly useTime: DurationSummary;
  readonly createTime: DurationSummary;
  /** Open leases, longest held first, at most 100. */
  readonly leases: readonly LeaseView[];
  /** Who waits, in the order in which they are likely to be served, at most 20. */
  readonly waiters: readonly WaiterView[];
  readonly holders: readonly HolderView[];
  /** The 20 places in the code that made others wait longest, then those that held longest. */
  readonly sites: readonly SiteView[];
  /** The last 50 leak reports. */
  readonly reports: readonly LeakReport[];
  /** The longest time, in milliseconds, that the event loop was seen blocked. */
  readonly longestStallMs: number;
  /** Time in all in which it was seen blocked for 200 ms or longer. Of the process, not of this pool. */
  readonly blockedMs: number;
  readonly lastConnectError: string | undefined;
  /** What the connector knows of the server, such as `{ behindPooler: true }`; empty where it knows nothing. */
  readonly facts: ConnectorFacts;
}
