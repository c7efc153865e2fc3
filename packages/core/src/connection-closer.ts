import type { CloseManner, CloseOutcome } from './connector.ts';
import type { CloseReason, PoolEntry } from './pool-entry.ts';
import type { TimerWheel } from './timer-wheel.ts';
import type { PoolParts } from './pool-parts.ts';

/** Reasons that call for more than a polite close: the server may be running something, or may not be there. */
const MANNER: Readonly<Partial<Record<CloseReason, CloseManner>>> = {
  broken: 'cancel-first',
  destroyed: 'cancel-first',
  'reset-failed': 'cancel-first',
  'ping-failed': 'abrupt',
};

/** What a {@link ConnectionCloser} works with. */
export interface CloserParts<C> extends PoolParts<C> {
  readonly wheel: TimerWheel;
  /** A slot has become free. */
  readonly onFreed: () => void;
}

/**
 * The end of a connection: `closing` until the server is known to have let go of it, then `gone`. A close that is not
 * confirmed in time makes it `lost`: its slot is free, but it is counted, since its backend may still burden the server.
 * When too many are lost, further ones keep their slots until one of those is forgotten.
 */
export class ConnectionCloser<C> {
  readonly #parts: CloserParts<C>;
  /** Closing for longer than allowed, without room among the lost. */
  readonly #overdue = new Map<PoolEntry<C>, CloseReason>();

  constructor(parts: CloserParts<C>) {
    this.#parts = parts;
  }

  /** Closes a connection in the manner that fits the reason. */
  retire(entry: PoolEntry<C>, reason: CloseReason): void {
    const manner = MANNER[reason] ?? 'polite';
    this.close(entry, reason, () => this.#parts.connector.close(entry.connection as C, manner));
  }

  /** Closes a connection by `work`. */
  close(entry: PoolEntry<C>, reason: CloseReason, work: () => Promise<CloseOutcome>): void {
    const { entries, bounded, options } = this.#parts;
    entries.move(entry, 'closing');
    const closing = bounded.run('closing', options.closeTimeoutMs, work, {
      onDone: (outcome) => (outcome === 'gone' ? this.gone(entry, reason) : this.#lose(entry, reason)),
      onFailed: () => {
        this.#lose(entry, reason);
        this.#whenFoundGone(entry, reason, closing);
      },
    });
  }

  /**
   * The connection is dead on this side. While `ending` says what the server's side is about, it keeps its slot; but never
   * for want of room among the lost: there is nothing left that could be done about it.
   */
  bury(entry: PoolEntry<C>, ending: Promise<CloseOutcome>, error: Error): void {
    const { entries, bounded, options, capacity } = this.#parts;
    entries.move(entry, 'closing');
    const settle = (outcome: CloseOutcome): void => {
      if (outcome === 'lost' && entries.count('lost') < capacity.max)
        this.#lose(entry, 'disconnected', error);
      else this.gone(entry, 'disconnected', error);
    };
    void bounded.run('closing', options.closeTimeoutMs, () => ending, {
      onDone: settle,
      onFailed: () => settle('lost'),
    });
  }

  /** The connection is gone on both sides. */
  gone(entry: PoolEntry<C>, reason: CloseReason, error?: Error): void {
    const { entries, journal, onFreed } = this.#parts;
    const wasLost = entry.state === 'lost';
    entries.move(entry, 'gone');
    this.#overdue.delete(entry);
    if (wasLost) this.#admitOverdue();
    else journal.left(entry, reason, error);
    onFreed();
  }

  /** What comes after its time still says that the backend is gone. */
  #whenFoundGone(entry: PoolEntry<C>, reason: CloseReason, late: Promise<CloseOutcome> | undefined): void {
    late?.then(
      (outcome) => {
        if (outcome === 'gone' && entry.state !== 'gone') this.gone(entry, reason);
      },
      () => undefined,
    );
  }

  #whenGone({ connection }: PoolEntry<C>): Promise<CloseOutcome> | undefined {
    if (connection === undefined) return undefined;
    try {
      return this.#parts.connector.whenGone?.(connection)?.then(() => 'gone');
    } catch (failure) {
      this.#parts.journal.failed('connector.whenGone', failure);
      return undefined;
    }
  }

  #lose(entry: PoolEntry<C>, reason: CloseReason, error?: Error): void {
    const { entries, journal, clock, wheel, options, capacity, onFreed } = this.#parts;
    const { lostTimeoutMs } = options;
    this.#whenFoundGone(entry, reason, this.#whenGone(entry));
    if (entries.count('lost') >= capacity.max) {
      this.#overdue.set(entry, reason);
      return;
    }
    entries.move(entry, 'lost');
    if (lostTimeoutMs !== Infinity) {
      wheel.add(clock.now() + lostTimeoutMs, () => {
        if (entry.state === 'lost') this.gone(entry, reason);
      });
    }
    journal.lost(entry);
    journal.left(entry, reason, error);
    onFreed();
  }

  #admitOverdue(): void {
    const [next] = this.#overdue;
    if (next === undefined) return;
    this.#overdue.delete(next[0]);
    this.#lose(...next);
  }
}
