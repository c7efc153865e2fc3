import type { Timer } from './clock.ts';
import { ConnectGovernor } from './connect-governor.ts';
import type { Failing } from './connect-governor.ts';
import type { ConnectionCloser } from './connection-closer.ts';
import type { ConnectFailure } from './connector.ts';
import { connectFailedError } from './exhaustion.ts';
import { PoolEntry } from './pool-entry.ts';
import type { EntryHost } from './pool-entry.ts';
import type { PoolCounts } from './snapshot.ts';
import type { PoolParts } from './pool-parts.ts';

/** Share of its lifetime by which a connection may end earlier, so that those opened together do not end together. */
const LIFETIME_JITTER = 0.1;

/** What a {@link ConnectionOpener} works with. */
export interface OpenerParts<C> extends PoolParts<C> {
  readonly closer: ConnectionCloser<C>;
  readonly host: EntryHost<C>;
  /** A connection has arrived. Its entry is still `connecting`: the pool decides what becomes of it. */
  readonly onOpened: (entry: PoolEntry<C>) => void;
  readonly onFailed: (error: unknown) => void;
  readonly onDisconnected: (entry: PoolEntry<C>, error: Error) => void;
  /** The pause after a failure is over. */
  readonly onRetry: () => void;
}

/**
 * The beginning of a connection: opens them, no more and no faster than the {@link ConnectGovernor} allows, and knows why
 * none can be opened. No caller is bound to an attempt: whoever is first in the queue gets what comes.
 */
export class ConnectionOpener<C> {
  readonly #parts: OpenerParts<C>;
  readonly #governor: ConnectGovernor;
  #lastId = 0;
  #retry: { readonly at: number; readonly timer: Timer } | undefined;

  constructor(parts: OpenerParts<C>) {
    const { maxConnecting, connectBackoffMs, maxConnectBackoffMs, random } = parts.options;
    this.#parts = parts;
    this.#governor = new ConnectGovernor(
      { maxConnecting, backoffBaseMs: connectBackoffMs, backoffMaxMs: maxConnectBackoffMs },
      random,
    );
  }

  /** The last failure, while the database cannot be reached. */
  get lastError(): unknown {
    return this.#governor.failing?.lastError;
  }

  get isFailing(): boolean {
    return this.#governor.failing !== undefined;
  }

  /** When the oldest attempt under way began; `Infinity` without one. */
  get connectingSince(): number {
    let since = Infinity;
    for (const entry of this.#parts.entries) {
      if (entry.state === 'connecting') since = Math.min(since, entry.createdAt);
    }
    return since;
  }

  /** Whether there is room for one more, and the governor has nothing against it. */
  mayOpen(): boolean {
    const { entries, capacity, clock } = this.#parts;
    return entries.occupied < capacity.max && this.#governor.mayConnect(clock.now(), entries.connecting);
  }

  open(generation: number): void {
    const { connector, entries, bounded, clock, options, host, journal, onDisconnected } = this.#parts;
    const entry = new PoolEntry<C>((this.#lastId += 1), generation, clock.now(), host);
    entries.add(entry);
    const context = {
      signal: entry.abort.signal,
      onDisconnect: (error: Error) => onDisconnected(entry, error),
      onCancelSent: () => journal.cancelSent(),
    };
    entry.attempt = bounded.run('connecting', options.connectTimeoutMs, () => connector.connect(context), {
      onDone: (connection) => this.#opened(entry, connection),
      onFailed: (error) => this.failed(entry, error),
    });
  }

  /** The attempt has failed, or what it made died before anybody could have it. */
  failed(entry: PoolEntry<C>, error: unknown): void {
    if (entry.state !== 'connecting') return;
    const { clock, journal, onFailed } = this.#parts;
    const { failures } = this.#governor.failed(entry.createdAt, clock.now(), error);
    this.abandon(entry, error);
    journal.connectFailed(error, failures);
    onFailed(error);
  }

  /**
   * A connection has died by itself. One that dies young, before anybody had it, was a failed connect that only looked
   * like a success; else one would follow the other without a pause.
   */
  died(entry: PoolEntry<C>, error: Error): void {
    const { clock, options } = this.#parts;
    const now = clock.now();
    const isYoung = now - entry.createdAt < options.connectTimeoutMs;
    if (isYoung && entry.uses === 0) this.#governor.failed(entry.createdAt, now, error);
  }

  /** Gives up an attempt to connect. Its slot stays taken until the attempt has ended and what it made is closed. */
  abandon(entry: PoolEntry<C>, reason: unknown): void {
    const { closer, connector } = this.#parts;
    closer.close(entry, 'unwanted', async () => {
      entry.abort.abort(reason);
      // Whoever gave it up may have been called by `connect` itself, which has not returned its promise yet.
      await Promise.resolve();
      let connection: C;
      try {
        connection = await (entry.attempt as Promise<C>);
      } catch {
        return 'gone';
      }
      return connector.close(connection, 'polite');
    });
  }

  /** More connections are wanted than may be opened now: asks again when the pause after the failure is over. */
  retryLater(): void {
    const failing = this.#governor.failing;
    // The pause after a later failure may be the shorter one: both are drawn at random.
    if (failing === undefined || (this.#retry !== undefined && this.#retry.at <= failing.retryAt)) return;
    const { clock, onRetry } = this.#parts;
    const delayMs = failing.retryAt - clock.now();
    // The pause is over: what is in the way is a prober, or a full pool, and the end of either asks again.
    if (delayMs <= 0) return;
    this.#retry?.timer.cancel();
    const timer = clock.setTimer(delayMs, () => {
      this.#retry = undefined;
      onRetry();
    });
    this.#retry = { at: failing.retryAt, timer };
  }

  stop(): void {
    this.#retry?.timer.cancel();
  }

  /** Whether trying again soon is pointless. */
  isFatal(error: unknown): boolean {
    return this.#explain(error)?.fatal === true;
  }

  /** Whether the database refused, a moment ago, for a reason that does not pass. */
  get isHopeless(): boolean {
    const failing = this.#governor.failing;
    return (
      failing !== undefined && this.#parts.clock.now() < failing.retryAt && this.isFatal(failing.lastError)
    );
  }

  /** Why no connection can be opened. To be asked only while that is so. */
  error(counts: PoolCounts): Error {
    const { lastError, failures } = this.#governor.failing as Failing;
    return connectFailedError(counts, {
      cause: lastError,
      attempts: failures,
      explained: this.#explain(lastError),
    });
  }

  #opened(entry: PoolEntry<C>, connection: C): void {
    if (entry.state !== 'connecting') return; // Given up meanwhile; whoever did closes what came.
    const { clock, options, onOpened } = this.#parts;
    entry.connection = connection;
    entry.expiresAt = clock.now() + options.maxLifetimeMs * (1 - LIFETIME_JITTER * options.random.next());
    this.#governor.succeeded();
    onOpened(entry);
  }

  #explain(error: unknown): ConnectFailure | undefined {
    try {
      return this.#parts.connector.explainFailure?.(error);
    } catch (failure) {
      this.#parts.journal.failed('connector.explainFailure', failure);
      return undefined;
    }
  }
}
