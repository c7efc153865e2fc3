import type { QueueLine } from './acquire-queue.ts';
import type { RevokeReason } from './errors.ts';
import { InvariantError } from './errors.ts';
import type { Lease } from './lease.ts';
import type { LeaseOwner, LeaseRecord } from './lease-record.ts';
import type { Linked, LinkedList } from './linked-list.ts';

/** One slot's life; see {@link LEGAL} for the arrows. */
export type EntryState =
  | 'connecting'
  | 'idle'
  | 'pinging'
  | 'leased'
  | 'resetting'
  | 'closing'
  | 'lost'
  | 'gone';

const LEGAL: Readonly<Record<EntryState, readonly EntryState[]>> = {
  connecting: ['idle', 'closing'],
  idle: ['leased', 'pinging', 'closing', 'gone'],
  pinging: ['idle', 'closing', 'gone'],
  leased: ['idle', 'resetting', 'closing', 'gone'],
  resetting: ['idle', 'closing', 'gone'],
  closing: ['lost', 'gone'],
  lost: ['gone'],
  gone: [],
};

/** Why a connection was closed. */
export type CloseReason =
  | 'idle-timeout'
  | 'overflow'
  | 'max-lifetime'
  | 'max-uses'
  | 'evicted'
  | 'broken'
  | 'ping-failed'
  | 'reset-failed'
  | 'destroyed'
  | 'revoked'
  | 'disconnected'
  | 'unwanted'
  | 'pool-closed';

/** What an entry asks of its pool. */
export interface EntryHost<C> {
  release(entry: PoolEntry<C>, record: LeaseRecord, destroy: boolean): void;
  revoke(entry: PoolEntry<C>, record: LeaseRecord, reason: RevokeReason, cause: unknown): boolean;
}

/** One slot of the pool and the connection in it. It outlives many leases; its pool alone changes it. */
export class PoolEntry<C> implements Linked<PoolEntry<C>>, LeaseOwner {
  prev: PoolEntry<C> | undefined;
  next: PoolEntry<C> | undefined;
  list: LinkedList<PoolEntry<C>> | undefined;

  readonly id: number;
  readonly generation: number;
  /** Stops the connect attempt. */
  readonly abort: AbortController = new AbortController();
  readonly #host: EntryHost<C>;
  #state: EntryState = 'connecting';
  /** The attempt to connect; settles also after it has been given up. */
  attempt: Promise<C> | undefined;
  /** Set once connected. */
  connection: C | undefined;
  /** Set while leased. */
  record: LeaseRecord | undefined;
  /** On whose account it is leased; `undefined` for those who say nothing of themselves. */
  line: QueueLine<Lease<C>> | undefined;
  readonly createdAt: number;
  /** End of its lifetime; set once connected. */
  expiresAt: number = Infinity;
  /** Start of the current idle time. */
  idleSince = 0;
  /** The last time that the server was known to answer. */
  provenAt = 0;
  uses = 0;

  constructor(id: number, generation: number, createdAt: number, host: EntryHost<C>) {
    this.id = id;
    this.generation = generation;
    this.createdAt = createdAt;
    this.#host = host;
  }

  get state(): EntryState {
    return this.#state;
  }

  /** For {@link PoolEntries} only, which keeps the counts. */
  enter(state: EntryState): void {
    if (!LEGAL[this.#state].includes(state)) {
      throw new InvariantError(`connection #${this.id} cannot go from ${this.#state} to ${state}`);
    }
    this.#state = state;
  }

  /** As {@link PoolEntry.enter}, for arrows that are known to exist. */
  leave(from: EntryState, to: EntryState): void {
    if (this.#state !== from)
      throw new InvariantError(`connection #${this.id} is ${this.#state}, not ${from}`);
    this.#state = to;
  }

  /** The holder gives its lease back. */
  release(record: LeaseRecord, destroy: boolean): void {
    this.#host.release(this, record, destroy);
  }

  revoke(record: LeaseRecord, reason: RevokeReason, cause: unknown): boolean {
    return this.#host.revoke(this, record, reason, cause);
  }
}
