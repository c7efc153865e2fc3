import { InvariantError } from './errors.ts';
import { LinkedList } from './linked-list.ts';
import type { EntryState, PoolEntry } from './pool-entry.ts';

/** States that occupy a slot; `lost` has a gauge of its own and `gone` is nowhere. */
const OCCUPYING: readonly EntryState[] = ['connecting', 'idle', 'pinging', 'leased', 'resetting', 'closing'];

/**
 * All entries of a pool, with the number in each state and the idle ones in the order in which they became idle. Counts
 * and lists change here only, in one step with the state, so that they cannot disagree.
 */
export class PoolEntries<C> {
  readonly #all = new Set<PoolEntry<C>>();
  readonly #idle = new LinkedList<PoolEntry<C>>();
  readonly #counts: Record<EntryState, number> = {
    connecting: 0,
    idle: 0,
    pinging: 0,
    leased: 0,
    resetting: 0,
    closing: 0,
    lost: 0,
    gone: 0,
  };

  #peak = 0;

  /** The most that were leased at once since {@link PoolEntries.takePeak} was called. */
  get peak(): number {
    return this.#peak;
  }

  /** The same, and begins anew. */
  takePeak(): number {
    const peak = this.#peak;
    this.#peak = this.#counts.leased;
    return peak;
  }

  /** Slots in use, out of `max`. */
  get occupied(): number {
    const { connecting, closing } = this.#counts;
    return connecting + this.live + closing;
  }

  /** Connections that serve or can serve: neither being opened nor on their way out. */
  get live(): number {
    return this.#counts.idle + this.#counts.pinging + this.#counts.leased + this.#counts.resetting;
  }

  /** Not held by anybody, and expected to become idle: being cleaned or pinged. */
  get beingCaredFor(): number {
    return this.#counts.resetting + this.#counts.pinging;
  }

  // One field each, since these are on the way of every acquire.
  get idling(): number {
    return this.#counts.idle;
  }

  get pinging(): number {
    return this.#counts.pinging;
  }

  get leased(): number {
    return this.#counts.leased;
  }

  get connecting(): number {
    return this.#counts.connecting;
  }

  count(state: EntryState): number {
    return this.#counts[state];
  }

  /** The one that became idle last, which is the one most likely to be warm and alive. */
  get newestIdle(): PoolEntry<C> | undefined {
    return this.#idle.last;
  }

  /** Idle entries, the longest idle first. */
  idle(): Iterable<PoolEntry<C>> {
    return this.#idle;
  }

  [Symbol.iterator](): Iterator<PoolEntry<C>> {
    return this.#all[Symbol.iterator]();
  }

  add(entry: PoolEntry<C>): void {
    this.#all.add(entry);
    this.#counts[entry.state] += 1;
  }

  /** An idle connection goes to a holder. The same as `move`, without its look-ups: this is on the way of every acquire. */
  lend(entry: PoolEntry<C>): void {
    entry.leave('idle', 'leased');
    this.#idle.remove(entry);
    this.#counts.idle -= 1;
    this.#counts.leased += 1;
    if (this.#counts.leased > this.#peak) this.#peak = this.#counts.leased;
  }

  /** A connection becomes idle. */
  rest(entry: PoolEntry<C>): void {
    if (entry.state !== 'leased') return this.move(entry, 'idle');
    entry.leave('leased', 'idle');
    this.#idle.append(entry);
    this.#counts.leased -= 1;
    this.#counts.idle += 1;
  }

  /** Moves an entry to another state. Throws `LG_BUG` when there is no such arrow. */
  move(entry: PoolEntry<C>, state: EntryState): void {
    const from = entry.state;
    entry.enter(state);
    this.#counts[from] -= 1;
    this.#counts[state] += 1;
    if (from === 'idle') this.#idle.remove(entry);
    if (state === 'idle') this.#idle.append(entry);
    if (state === 'gone') this.#forget(entry);
  }

  #forget(entry: PoolEntry<C>): void {
    this.#all.delete(entry);
    this.#counts.gone = 0;
  }

  /** Counts again from scratch and compares; for invariants, not for the hot path. */
  audit(): void {
    const counted = new Map<EntryState, number>();
    for (const entry of this.#all) counted.set(entry.state, (counted.get(entry.state) ?? 0) + 1);
    for (const state of [...OCCUPYING, 'lost' as const]) {
      const actual = counted.get(state) ?? 0;
      if (actual !== this.#counts[state]) {
        throw new InvariantError(
          `count of ${state} is ${this.#counts[state]}, but ${actual} entries are in it`,
        );
      }
    }
  }
}
