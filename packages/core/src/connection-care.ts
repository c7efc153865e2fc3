import type { Timer } from './clock.ts';
import type { CloseReason, PoolEntry } from './pool-entry.ts';
import { planUpkeep } from './upkeep.ts';
import type { PoolParts } from './pool-parts.ts';

const WORK = { resetting: 'cleaning', pinging: 'the ping' } as const;

/** What {@link ConnectionCare} works with. */
export interface CareParts<C> extends PoolParts<C> {
  /** A connection has proved itself, and counts as idle since the given instant. */
  readonly onWell: (entry: PoolEntry<C>, idleSince: number) => void;
  readonly onPingFailed: (entry: PoolEntry<C>) => void;
  readonly retire: (entry: PoolEntry<C>, reason: CloseReason) => void;
  /** A step is over that may have left this connection idle. */
  readonly offer: (entry: PoolEntry<C>) => void;
}

/**
 * What is done with connections that nobody holds: cleaned after a release, pinged before a grant, kept alive, and closed
 * when they are idle for too long or over their lifetime.
 */
export class ConnectionCare<C> {
  readonly #parts: CareParts<C>;
  #upkeep: { readonly at: number; readonly timer: Timer } | undefined;

  constructor(parts: CareParts<C>) {
    this.#parts = parts;
  }

  /** Cleans a connection that was given back dirty. */
  clean(entry: PoolEntry<C>): void {
    const { connector, options, clock, onWell, retire } = this.#parts;
    const work = (connection: C): Promise<void> => connector.reset(connection);
    this.#occupy(entry, 'resetting', options.resetTimeoutMs, work, {
      onDone: () => onWell(entry, clock.coarseNow()),
      onFailed: () => retire(entry, 'reset-failed'),
    });
  }

  /** Asks the server whether a connection that was idle for a while is alive. Does not count as use. */
  verify(entry: PoolEntry<C>): void {
    const { connector, options, onWell, onPingFailed } = this.#parts;
    const { idleSince } = entry;
    const work = (connection: C): Promise<void> => connector.ping(connection);
    this.#occupy(entry, 'pinging', options.pingTimeoutMs, work, {
      onDone: () => onWell(entry, idleSince),
      onFailed: () => onPingFailed(entry),
    });
  }

  /** Makes sure that an idle connection is looked at when something is due for it. */
  watch(entry: PoolEntry<C>): void {
    const { entries, options, capacity } = this.#parts;
    const { idleTimeoutMs, keepaliveMs, overflowLingerMs } = options;
    const idleMs =
      entries.occupied > capacity.size ? Math.min(idleTimeoutMs, overflowLingerMs) : idleTimeoutMs;
    let dueAt = Math.min(entry.expiresAt, entry.idleSince + idleMs);
    if (keepaliveMs > 0) dueAt = Math.min(dueAt, entry.provenAt + keepaliveMs);
    if (this.#upkeep === undefined || dueAt < this.#upkeep.at) this.#arm(dueAt);
  }

  stop(): void {
    this.#upkeep?.timer.cancel();
  }

  /** Works on a connection that nobody holds. The end of it counts only if the connection has not died meanwhile. */
  #occupy(
    entry: PoolEntry<C>,
    state: 'resetting' | 'pinging',
    limitMs: number,
    work: (connection: C) => Promise<void>,
    outcome: { readonly onDone: () => void; readonly onFailed: () => void },
  ): void {
    this.#parts.entries.move(entry, state);
    const unlessDead = (then: () => void) => (): void => {
      if (entry.state !== state) return;
      then();
      this.#parts.offer(entry);
    };
    const guarded = { onDone: unlessDead(outcome.onDone), onFailed: unlessDead(outcome.onFailed) };
    // Its end comes through `guarded`.
    void this.#parts.bounded.run(WORK[state], limitMs, () => work(entry.connection as C), guarded);
  }

  #arm(at: number): void {
    this.#upkeep?.timer.cancel();
    if (at === Infinity) return;
    const { clock } = this.#parts;
    const timer = clock.setTimer(Math.max(0, at - clock.now()), () => this.#run());
    this.#upkeep = { at, timer };
  }

  #run(): void {
    this.#upkeep = undefined;
    const { entries, options, capacity, clock, retire, offer } = this.#parts;
    const counts = { aboveSize: entries.occupied - capacity.size, idle: entries.count('idle') };
    const plan = planUpkeep(entries.idle(), counts, options, clock.now());
    for (const [entry, reason] of plan.close) {
      if (entry.state !== 'idle') continue;
      retire(entry, reason);
      offer(entry);
    }
    for (const entry of plan.ping) if (entry.state === 'idle') this.verify(entry);
    this.#arm(plan.nextAt);
  }
}
