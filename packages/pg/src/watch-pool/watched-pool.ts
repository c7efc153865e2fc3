import process from 'node:process';
import { inspect } from 'node:util';
import { getPoolDiagnostics } from '@lifeguard/core';
import { Containment, ForeignPool, announcePool, overrideMethod } from '@lifeguard/core/adapter';
import type {
  ConnectorFacts,
  DurationListener,
  LeaseTracker,
  PoolDiagnostics,
  PoolEvents,
  PoolGlance,
  PoolSample,
  PoolSnapshot,
  ServerFacts,
  WatchOptions,
} from '@lifeguard/core';
import type { AnyFunction, ForeignCounts, ForeignWait } from '@lifeguard/core/adapter';
import type { DriverClient } from '../driver-types.ts';
import { serverMark } from '../server-mark.ts';
import { ConnectCalls } from './connect-calls.ts';
import { RevocableReleases } from './revocable-releases.ts';
import { maxOf, stockOptions } from './stock-options.ts';
import type { StockPool } from './stock-pool.ts';
import { WatchedClient } from './watched-client.ts';

/** What can be chosen where a `pg.Pool` is watched. */
export interface WatchPoolOptions extends WatchOptions {
  /**
   * Whether {@link WatchedPool.reclaim} is offered, and tests (`failOnLeaks`) take back what they find. Nothing else does.
   * @default false — a stock pool does not keep a former holder from its client; only that client is closed
   */
  readonly allowReclaim?: boolean;
}

/**
 * A `pg.Pool` that was there before us, watched: who holds each client, who waits, what leaks. The pool works as before, and
 * is used as before. Made by `watchPool`.
 */
export class WatchedPool implements Disposable {
  /**
   * Takes back the clients whose leases were reported and do nothing, by closing them; as `LifeguardPool.reclaim`. A holder that
   * comes back late does nothing by its `release`. Returns how many. Only with `allowReclaim`.
   */
  readonly reclaim?: () => number;
  readonly #pool: StockPool;
  readonly #foreign: ForeignPool<WatchedClient>;
  readonly #contain: Containment;
  readonly #calls: ConnectCalls;
  readonly #releases: RevocableReleases | undefined;
  readonly #clients = new WeakMap<DriverClient, WatchedClient>();
  /** Those that are hooked, so that they can be let go of. As many as the pool has. */
  readonly #hooked = new Set<WatchedClient>();
  /** When the pool has begun to open them. */
  readonly #opening = new WeakMap<DriverClient, number>();
  readonly #unhook: (() => void)[] = [];
  readonly #withdraw: () => void;
  readonly #onDetach: () => void;
  #server: string | undefined;
  #isAttached = true;

  /** Use `watchPool`. `hooksConnect`: whether calls of `connect` are seen here, or passed on by whoever sees them. */
  constructor(
    pool: StockPool,
    options: WatchPoolOptions,
    how: { readonly hooksConnect: boolean; readonly onDetach: () => void },
  ) {
    const { allowReclaim = false, ...rest } = options;
    this.#pool = pool;
    this.#onDetach = how.onDetach;
    this.#releases = allowReclaim ? new RevocableReleases() : undefined;
    this.#foreign = new ForeignPool<WatchedClient>({
      options: stockOptions(pool, rest),
      counts: () => this.#counts(),
      facts: () => this.#facts(),
      ...(this.#releases !== undefined && {
        take: (watched, error) => this.#releases?.take(watched.client, error),
      }),
    });
    this.#contain = new Containment((error) => this.#foreign.failed('watchPool', error));
    this.#calls = new ConnectCalls(this.#foreign, this.#contain, {
      granted: (wait, client) => this.#granted(wait, client),
      refused: () => this.#detachIfEnding(),
    });
    try {
      this.#hook(how.hooksConnect);
    } catch (error) {
      // A pool that is watched in part would be told of wrongly.
      this.#leave();
      throw error;
    }
    if (allowReclaim) this.reclaim = () => this.#foreign.reclaim();
    this.#withdraw = announcePool(this);
  }

  get name(): string {
    return this.#foreign.name;
  }

  /** Knows who holds the clients of this pool. */
  get tracker(): LeaseTracker {
    return this.#foreign.tracker;
  }

  /** Whether it still watches: until {@link WatchedPool.detach}, or the end of the pool. */
  get isAttached(): boolean {
    return this.#isAttached;
  }

  /** Everything about the pool at this moment; needs no connection. */
  snapshot(): PoolSnapshot {
    return this.#foreign.snapshot();
  }

  /** What can be said without a look at each holder and waiter. */
  glance(): PoolGlance {
    return this.#foreign.glance();
  }

  /** Samples of the recent past, five seconds apart while connections are in use, and one of now. */
  history(): readonly PoolSample[] {
    return this.#foreign.history();
  }

  /** As `getPoolDiagnostics`: what is wrong with this pool, and what to do about it. Asks the server nothing. */
  diagnostics(server?: ServerFacts): PoolDiagnostics {
    return getPoolDiagnostics(this, server);
  }

  /** Tells of each duration that the snapshot counts, right after; call what it returns to stop. */
  observeDurations(listener: DurationListener): () => void {
    return this.#foreign.observeDurations(listener);
  }

  /** Adds a listener; call what it returns to remove it. A listener that throws changes nothing. */
  on<Name extends keyof PoolEvents<WatchedClient>>(
    name: Name,
    listener: (payload: PoolEvents<WatchedClient>[Name]) => unknown,
  ): () => void {
    return this.#foreign.on(name, listener);
  }

  /** Calls `connect` of the pool for its caller, and follows what comes of it. For whoever sees calls that are not seen here. */
  passConnect(connect: AnyFunction, pool: unknown, args: readonly unknown[]): unknown {
    return this.#isAttached ? this.#calls.pass(connect, pool, args) : Reflect.apply(connect, pool, args);
  }

  /** Stops watching, and puts pool and clients back as they were. What is held is not followed any further. */
  detach(): void {
    if (!this.#isAttached) return;
    this.#isAttached = false;
    this.#onDetach();
    this.#withdraw();
    this.#leave();
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  toJSON(): PoolSnapshot {
    return this.snapshot();
  }

  #hook(hooksConnect: boolean): void {
    if (hooksConnect) this.#override('connect', (...call) => this.passConnect(...call));
    this.#override('emit', (emit, pool, args) => {
      if (this.#isAttached) this.#contain.run(() => this.#heard(args));
      return Reflect.apply(emit, pool, args);
    });
    this.#override('end', (end, pool, args) => {
      const result: unknown = Reflect.apply(end, pool, args);
      this.#contain.run(() => this.#detachIfEnded());
      return result;
    });
    if (typeof this.#pool.newClient !== 'function') return;
    this.#override('newClient', (newClient, pool, args) => {
      const result: unknown = Reflect.apply(newClient, pool, args);
      if (this.#isAttached) this.#contain.run(() => this.#opens());
      return result;
    });
  }

  #leave(): void {
    for (const unhook of this.#unhook.splice(0)) unhook();
    for (const watched of this.#hooked) watched.leave();
    this.#hooked.clear();
    this.#foreign.stop();
  }

  #override(
    name: string,
    call: (method: AnyFunction, self: unknown, args: readonly unknown[]) => unknown,
  ): void {
    const undo = overrideMethod(
      this.#pool,
      name,
      (former): AnyFunction =>
        function (this: unknown, ...args): unknown {
          return call(former(), this, args);
        },
    );
    this.#unhook.push(undo);
  }

  #granted(wait: ForeignWait, client: DriverClient): void {
    // Asked for before, and got after: its return would not be heard.
    if (!this.#isAttached) return this.#foreign.forget(wait);
    const watched = this.#watched(client);
    // A class of the user's has called `connect` within its own, and that call has told of it.
    if (watched.record !== undefined) return this.#foreign.forget(wait);
    const record = this.#foreign.grant(wait, watched);
    if (record === undefined) return;
    watched.lend(record);
    this.#releases?.guard(client, () => this.#foreign.tracker.releasedAfterRevocation(record));
  }

  /** Its events are told before its listeners are: they may be removed, and one may throw. */
  #heard([event, first, second]: readonly unknown[]): void {
    switch (event) {
      case 'connect':
        return this.#connected(first as DriverClient);
      case 'release':
        return this.#released(first, second as DriverClient);
      case 'remove':
        return this.#removed(first as DriverClient);
    }
  }

  #opens(): void {
    const client = this.#pool._clients?.at(-1);
    if (client !== undefined) this.#opening.set(client, this.#foreign.options.clock.now());
  }

  #connected(client: DriverClient): void {
    const began = this.#opening.get(client);
    this.#opening.delete(client);
    this.#server ??= serverMark(client);
    const tookMs = began === undefined ? undefined : this.#foreign.options.clock.now() - began;
    this.#foreign.connected(this.#watched(client), tookMs);
  }

  #released(error: unknown, client: DriverClient): void {
    const watched = this.#clients.get(client);
    const record = watched?.takeBack();
    if (watched === undefined || record === undefined) return;
    watched.wasDestroyed = Boolean(error);
    this.#foreign.release(record, watched.wasDestroyed);
  }

  #removed(client: DriverClient): void {
    const watched = this.#clients.get(client);
    this.#detachIfEnding();
    if (watched === undefined) return;
    const record = watched.takeBack();
    if (record !== undefined) this.#foreign.release(record, true);
    watched.leave();
    this.#hooked.delete(watched);
    this.#clients.delete(client);
    const reason = watched.wasDestroyed ? 'destroyed' : 'unwanted';
    this.#foreign.left(watched, this.#pool.ending === true ? 'pool-closed' : reason);
  }

  /** Of a pool that ends nothing tells that it has ended; it has, if it has, when it is done with what it does now. */
  #detachIfEnding(): void {
    if (this.#pool.ending === true) process.nextTick(() => this.#contain.run(() => this.#detachIfEnded()));
  }

  /** It calls itself ended when it has begun to close its last clients. */
  #detachIfEnded(): void {
    if (this.#pool.ended === true && this.#hooked.size === 0) this.detach();
  }

  #watched(client: DriverClient): WatchedClient {
    const known = this.#clients.get(client);
    if (known !== undefined) return known;
    const watched = new WatchedClient(client, this.#contain);
    this.#clients.set(client, watched);
    this.#hooked.add(watched);
    return watched;
  }

  #counts(): ForeignCounts {
    const { totalCount, idleCount, waitingCount, ending, ended, _clients = [] } = this.#pool;
    const connecting = _clients.filter((client) => this.#opening.has(client)).length;
    return {
      used: Math.max(0, totalCount - idleCount - connecting),
      idle: idleCount,
      connecting,
      waiting: waitingCount,
      max: maxOf(this.#pool),
      state: ended === true ? 'closed' : ending === true ? 'closing' : 'open',
    };
  }

  #facts(): ConnectorFacts {
    return { ...(this.#server !== undefined && { server: this.#server }) };
  }
}

// Not a method of the class: its declaration could not name this symbol.
Object.defineProperty(WatchedPool.prototype, inspect.custom, {
  value(this: WatchedPool): string {
    const { name, used, idle, pending, max } = this.glance();
    return `WatchedPool "${name}" { ${used}/${max} used, ${idle} idle, ${pending} pending }`;
  },
});
