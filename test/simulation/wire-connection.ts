import type { LeaseRecord, TransactionStatus } from '@lifeguard/core';

/**
 * What the pool has last done with a connection, as the connector was told: nobody's own bookkeeping.
 * `returned`: looked at after a release, and found in need of cleaning or closing.
 */
export type WirePhase =
  | 'connecting'
  | 'free'
  | 'lent'
  | 'returned'
  | 'pinging'
  | 'resetting'
  | 'revoked'
  | 'closing'
  | 'closed'
  | 'dead';

export type QueryKind = 'select' | 'begin' | 'commit' | 'bad';

/** One statement on its way: sent, and not answered. */
export interface WireQuery {
  readonly epoch: number;
  readonly kind: QueryKind;
  readonly takesMs: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const KEPT: ReadonlySet<WirePhase> = new Set(['free', 'lent', 'returned', 'pinging', 'resetting']);

/** One connection with the backend behind it: who may write, what runs, how the transaction stands. */
export class WireConnection {
  readonly id: number;
  readonly begunAt: number;
  /** How often the pool had been told to evict when this one was begun. */
  readonly generation: number;
  phase: WirePhase = 'connecting';
  /** Raised by each lease; what carries an older one must not be written. */
  epoch = 0;
  record: LeaseRecord | undefined;
  openedAt = NaN;
  /** When the server last showed that it answers, and since when nobody has used it. */
  provenAt = -Infinity;
  idleSince = NaN;
  endedAt = NaN;
  uses = 0;
  transaction: TransactionStatus = 'none';
  /** In the order in which they were sent; the backend runs the first. */
  readonly queries: WireQuery[] = [];
  /** Cancel requests that the server has not dealt with. */
  fences = 0;
  /** Its holder has said that it is bad. */
  isCondemned = false;
  /** Found in need of closing, in whatever state. */
  isBroken = false;
  /** It dies before the pool hears that it is there: a failed connect. */
  isStillborn = false;
  /** The pool no longer wanted the attempt. */
  isAbandoned = false;
  /** `close` was called, or the attempt was given up. */
  closeBegunAt = NaN;
  /** `close` has said how it went. */
  isEnded = false;
  /** It said that the backend may live on, or failed. */
  isLost = false;
  onDisconnect: (error: Error) => void = () => undefined;

  constructor(id: number, begunAt: number, generation: number) {
    this.id = id;
    this.begunAt = begunAt;
    this.generation = generation;
  }

  /** Whether it serves or can serve: the pool owns it and has not begun to end it. */
  get isKept(): boolean {
    return KEPT.has(this.phase);
  }

  /** Whether the pool is ending it, and has not been told how that went. */
  get isEnding(): boolean {
    return !Number.isNaN(this.closeBegunAt) && !this.isEnded;
  }
}
