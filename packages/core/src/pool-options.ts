import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { NestedAcquirePolicy } from './nested-acquire.ts';
import type { QueuePolicyName } from './queue-policy.ts';
import type { Random } from './random.ts';
import type { AdaptiveThreshold } from './site-stats.ts';
import type { StackRecorderOptions } from './stack-recorder.ts';

/** When a suspected lease is taken back from its holder. It has always been reported before, by one look at the leases. */
export type ReclaimPolicy =
  /** Never: report only. */
  | 'report'
  /**
   * When somebody waits for a connection, and the lease has done nothing for as long as `idleThresholdMs` says; where its
   * owner is gone (`orphaned`, `collected`), for `orphanGraceMs`.
   */
  | 'under-pressure'
  /**
   * Whenever the lease has done nothing for that long; and at `sessionTimeoutMs`, whatever it does, when it is in no managed
   * session and has no threshold of its own.
   */
  | 'always';

/** Everything about a pool that can be chosen. Durations are milliseconds; `Infinity` means no limit. */
export interface PoolOptions {
  /**
   * Shown in errors, snapshots and metrics.
   * @default 'main'
   */
  readonly name?: string;
  /**
   * Connections that are kept once opened. They are opened when they are needed, not before.
   * @default 20
   */
  readonly size?: number;
  /**
   * Further connections that a burst may open; each is closed when it has been idle for `overflowLingerMs`.
   * @default 40
   */
  readonly maxOverflow?: number;
  /**
   * Idle connections held ready.
   * @default 0 — opening one takes a few milliseconds; servers have few to spare.
   */
  readonly minIdle?: number;
  /**
   * How long `acquire` may take in all: queue, connect, ping and retries.
   * @default 30000
   */
  readonly acquireTimeoutMs?: number;
  /**
   * Callers that may wait; the next one is rejected with `LG_QUEUE_FULL`.
   * @default 10000 — about 6 MB of waiters; a queue that long is answered late in any case.
   */
  readonly maxWaiting?: number;
  /**
   * In which order callers are served, and whether some are turned away before their time is up.
   * @default 'fifo' — a queue that absorbs whatever its deadlines allow is what a drop-in is expected to have.
   */
  readonly queuePolicy?: QueuePolicyName;
  /**
   * How long more callers must come than are served before `controlled` turns any away. Shorter bursts are only queued.
   * @default 1000
   */
  readonly overloadAfterMs?: number;
  /**
   * Connections, out of `size + maxOverflow`, that only acquires of priority `high` may use, so that a health check works
   * while everybody else waits. At least one must be left for the others.
   * @default 0
   */
  readonly reserved?: number;
  /**
   * The tag of sessions that says on whose behalf they acquire. Tenants share the pool: of those that wait, the one that
   * holds the fewest connections for its weight is next. What one does not use the others may.
   * @default none — everybody is served alike; an acquire may name its `tenant` itself.
   */
  readonly tenantTag?: string;
  /**
   * How much of the pool a tenant is due, in relation to the others.
   * @default 1 for each that is not named
   */
  readonly tenantWeights?: Readonly<Record<string, number>>;
  /**
   * How long one attempt to connect may take.
   * @default 10000 — three SYN retries of TCP and a slow TLS handshake fit into it.
   */
  readonly connectTimeoutMs?: number;
  /**
   * Attempts to connect at the same time.
   * @default 4 — so a burst is served by the first connections that come and not by as many as there are callers.
   */
  readonly maxConnecting?: number;
  /**
   * Whether callers go on waiting, up to their deadline, while the database cannot be reached. With `false` a failed
   * connect rejects the first waiter, and all of them when no connection is left. What cannot pass (a wrong password)
   * rejects at once in both cases.
   * @default true
   */
  readonly retryConnect?: boolean;
  /** @default 100 */
  readonly connectBackoffMs?: number;
  /**
   * Longest pause between two attempts while the database cannot be reached.
   * @default 1000 — so a pool is back a second after the end of an outage, however long that was; one attempt a second is no
   * burden.
   */
  readonly maxConnectBackoffMs?: number;
  /**
   * A connection is replaced when it has reached this age; up to a tenth less, drawn at random for each, so that they do
   * not all end together.
   * @default 1800000
   */
  readonly maxLifetimeMs?: number;
  /**
   * Leases a connection may serve.
   * @default Infinity
   */
  readonly maxUses?: number;
  /**
   * An idle connection is closed after this time, unless `minIdle` needs it.
   * @default 600000
   */
  readonly idleTimeoutMs?: number;
  /**
   * How long an overflow connection stays after its return.
   * @default 2000 — bursts come in waves; closing at once would open the same connection again in the next one.
   */
  readonly overflowLingerMs?: number;
  /**
   * Whether a connection is pinged before it is granted, unless it answered within `pingAfterIdleMs`.
   * @default true
   */
  readonly prePing?: boolean;
  /**
   * @default 500 — a connection in steady use is never pinged.
   */
  readonly pingAfterIdleMs?: number;
  /** @default 1000 */
  readonly pingTimeoutMs?: number;
  /**
   * An idle connection is pinged this often, so that firewalls do not forget it; 0 switches it off.
   * @default 120000
   */
  readonly keepaliveMs?: number;
  /**
   * How long cleaning a returned connection may take before it is closed instead.
   * @default 1000
   */
  readonly resetTimeoutMs?: number;
  /**
   * How long a close may take before the slot is given to another connection and the closed one counts as `lost`.
   * @default 2000
   */
  readonly closeTimeoutMs?: number;
  /**
   * How long a `lost` connection is assumed to burden the server.
   * @default 60000
   */
  readonly lostTimeoutMs?: number;
  /**
   * How long `close()` lets holders finish before their leases are taken back.
   * @default 30000 — as long as Kubernetes waits by default before it kills.
   */
  readonly drainMs?: number;
  /**
   * A lease held longer is reported as `overdue`.
   * @default 30000
   */
  readonly leakThresholdMs?: number;
  /**
   * A lease on which no query ran for longer is reported as `idle`.
   * @default the value of `leakThresholdMs`
   */
  readonly idleThresholdMs?: number;
  /**
   * A lease that is open for longer after the end of its session, its request or the signal of its acquire is reported as
   * `orphaned`.
   * @default 1000 — a response is often sent before the last `finally` has run.
   */
  readonly orphanGraceMs?: number;
  /**
   * Besides `leakThresholdMs`: a lease that runs no query is `overdue` when it is held for `factor` times the 99th
   * percentile of its place in the code, but at least for `floorMs`, once the place has given back `minLeases`. `false`
   * switches it off; `true` means the defaults.
   * @default { factor: 20, floorMs: 10000, minLeases: 200 }
   */
  readonly adaptiveThreshold?: Partial<AdaptiveThreshold> | boolean;
  /**
   * How often open leases are looked at.
   * @default 1000
   */
  readonly monitorIntervalMs?: number;
  /**
   * Of reports of the same place in the code, one in this time is logged; the others are counted. Events are told of all.
   * @default 60000
   */
  readonly reportIntervalMs?: number;
  /**
   * Places in the code that are kept with their statistics, about 2.5 KB each; the one not seen for longest is forgotten.
   * @default 500
   */
  readonly maxSites?: number;
  /** What is done when code that holds a connection of this pool asks for another. @default 'warn' */
  readonly nestedAcquire?: NestedAcquirePolicy;
  /** @default 'report' — taking a connection back is a decision for you, not for us. */
  readonly reclaim?: ReclaimPolicy;
  /**
   * Limit of managed sessions on this pool that name none.
   * @default 300000
   */
  readonly sessionTimeoutMs?: number;
  /** How the stacks of acquires are recorded. */
  readonly stacks?: StackRecorderOptions;
  /** Told of leaks and failures; pino's shape. @default `process.emitWarning` */
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** {@link PoolOptions}, checked and complete. */
export type ResolvedPoolOptions = Readonly<
  Required<Omit<PoolOptions, 'adaptiveThreshold' | 'tenantTag'>> & {
    adaptiveThreshold: AdaptiveThreshold | false;
    tenantTag: string | undefined;
  }
>;
