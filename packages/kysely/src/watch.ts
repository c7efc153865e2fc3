import { LeaseTracker, formatLeakReport } from '@lifeguard/core';
import { EventHub, resolvePoolOptions, logSafely } from '@lifeguard/core/adapter';
import type {
  DurationSummary,
  HolderView,
  LeakReport,
  LeaseView,
  ReturnedLate,
  SiteView,
  WatchOptions as CoreWatchOptions,
} from '@lifeguard/core';
import type { ResolvedPoolOptions } from '@lifeguard/core/adapter';

/** What can be chosen where connections are watched, but made by somebody else. The names and defaults of a pool. */
export interface WatchOptions extends CoreWatchOptions {
  /**
   * How many connections the pool beneath has; shown in reports. Left out, they say only how many are in use.
   */
  readonly size?: number;
}

/** What a watch tells of. */
export interface WatchEvents {
  /** A lease is suspect; it is reported to the logger as well. */
  leak: LeakReport;
  /** A reported lease was given back after all. */
  'returned-late': ReturnedLate;
}

/** Everything about watched connections at one moment; frozen, and the same as JSON. */
export interface WatchSnapshot {
  readonly schemaVersion: 1;
  readonly name: string;
  /** ISO 8601, wall clock. */
  readonly at: string;
  readonly used: number;
  /** Callers that wait for a connection. */
  readonly pending: number;
  readonly counters: {
    readonly acquired: number;
    readonly leaksReported: number;
    readonly returnedLate: number;
  };
  readonly useTime: DurationSummary;
  readonly leases: readonly LeaseView[];
  readonly holders: readonly HolderView[];
  readonly sites: readonly SiteView[];
  readonly reports: readonly LeakReport[];
}

/**
 * Knows who holds connections of a pool that is not ours: it reports what is held too long, and by which line of code. It
 * cannot take a connection back.
 */
export class Watch {
  readonly tracker: LeaseTracker;
  readonly options: ResolvedPoolOptions;
  readonly #events: EventHub<WatchEvents>;

  /** Throws `LG_INVALID_OPTION`. */
  constructor(options: WatchOptions = {}) {
    this.options = resolvePoolOptions(options);
    // The size of a pool that somebody else made is known only when it is told.
    const max = options.size === undefined ? Infinity : this.options.size;
    this.#events = new EventHub((event, error) => this.#listenerFailed(event, error));
    this.tracker = new LeaseTracker({
      ...this.options,
      max: () => max,
      onLeak: (report) => this.#suspected(report),
      onReturnedLate: (retraction) => this.#events.emit('returned-late', retraction),
    });
  }

  get name(): string {
    return this.tracker.name;
  }

  /** Open leases, longest held first. */
  leases(): LeaseView[] {
    return this.tracker.leases();
  }

  /** Open leases grouped by the place that took them. */
  holders(): HolderView[] {
    return this.tracker.holders();
  }

  /** Adds a listener; call what it returns to remove it. A listener that throws changes nothing. */
  on<Name extends keyof WatchEvents>(
    name: Name,
    listener: (payload: WatchEvents[Name]) => unknown,
  ): () => void {
    return this.#events.on(name, listener);
  }

  snapshot(): WatchSnapshot {
    const { tracker } = this;
    return Object.freeze({
      schemaVersion: 1,
      name: this.name,
      at: new Date(this.options.clock.wallTime()).toISOString(),
      used: tracker.used,
      pending: tracker.pending,
      counters: Object.freeze({
        acquired: tracker.opened,
        leaksReported: tracker.leaksReported,
        returnedLate: tracker.returnedLate,
      }),
      useTime: tracker.useTime.summary(),
      leases: Object.freeze(this.leases()),
      holders: Object.freeze(this.holders()),
      sites: Object.freeze(tracker.sites()),
      reports: Object.freeze([...tracker.reports]),
    });
  }

  /** Counts a caller as waiting until its connection, or its refusal, is there. */
  async waiting<T>(acquiring: Promise<T>): Promise<T> {
    this.tracker.wait(this.tracker.pending + 1);
    try {
      return await acquiring;
    } finally {
      this.tracker.wait(this.tracker.pending - 1);
    }
  }

  #suspected(report: LeakReport): void {
    if (report.isLogged) this.#log('warn', report, formatLeakReport(report));
    this.#events.emit('leak', report);
  }

  #listenerFailed(event: string, error: unknown): void {
    this.#log('error', { code: 'LG_LISTENER_FAILED', event, err: error }, `a listener of "${event}" failed`);
  }

  #log(level: 'warn' | 'error', fields: object, message: string): void {
    logSafely(this.options.logger, level, fields, message);
  }
}
