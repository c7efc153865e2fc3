import type { AcquirePriority } from './acquire-priority.ts';
import { rankOf } from './acquire-priority.ts';
import type { Clock } from './clock.ts';
import { InvariantError } from './errors.ts';
import type { Holding } from './holding.ts';
import type { LoadFigures, QueuePolicy, WaitLimits } from './queue-policy.ts';
import type { TimerWheel } from './timer-wheel.ts';
import { Waiter } from './waiter.ts';
import type { WaiterListener, WaiterRequest } from './waiter.ts';
import type { WaitingLine } from './waiting-line.ts';
import { WaitingLines } from './waiting-lines.ts';
import type { Shares } from './waiting-lines.ts';

/** What the pool is told. */
export interface QueueListener<L extends object> extends WaiterListener<L> {
  /** So many wait now. */
  onLength(length: number): void;
}

/** What a queue works with. */
export interface QueueParts<L extends object> {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly policy: QueuePolicy;
  readonly shares: Shares;
  readonly listener: QueueListener<L>;
}

/** Where a caller of this pool waits. */
export type QueueLine<L extends object> = WaitingLine<Waiter<L>>;

/**
 * Who waits, and for how long; {@link WaitingLines} and the {@link QueuePolicy} say who is next. Leaving from the middle costs
 * the same as from the front, so that thousands of timeouts in one tick stay cheap.
 *
 * The time of a caller begins with the end of the turn of the event loop in which it came: one look at the clock for all of
 * them, and no timer for those who are served within that turn.
 */
export class AcquireQueue<L extends object> {
  readonly #lines: WaitingLines<Waiter<L>>;
  readonly #clock: Clock;
  readonly #wheel: TimerWheel;
  readonly #policy: QueuePolicy;
  readonly #listener: QueueListener<L>;
  readonly #isShared: boolean;
  /** Lines in which somebody came in this turn. */
  #untimed: QueueLine<L>[] = [];
  #isTurnWatched = false;

  constructor({ clock, wheel, policy, shares, listener }: QueueParts<L>) {
    this.#clock = clock;
    this.#wheel = wheel;
    this.#policy = policy;
    this.#lines = new WaitingLines(shares);
    this.#isShared = shares.ordinaryMax !== Infinity;
    this.#listener = listener;
  }

  get length(): number {
    return this.#lines.length;
  }

  /** How many of them may be served, where connections are reserved for others. */
  get servable(): number {
    return this.#isShared ? this.#lines.servable : this.#lines.length;
  }

  /** Whether somebody waits for others than `high` to give a connection back, though there may be reserved ones. */
  get isShareTaken(): boolean {
    return this.#isShared && this.#lines.isShareTaken;
  }

  /** What is known of the load. */
  get load(): LoadFigures & { readonly places: number } {
    return { ...this.#policy.load, places: this.#policy.places };
  }

  /** The one who has waited longest. */
  get oldest(): Waiter<L> | undefined {
    let oldest: Waiter<L> | undefined;
    for (const line of this.#lines.lines()) {
      for (const first of line.firsts())
        if (oldest === undefined || first.enqueuedAt < oldest.enqueuedAt) oldest = first;
    }
    return oldest;
  }

  /** The most urgent first; of one priority and tenant, in the order in which they are likely to be served. */
  [Symbol.iterator](): Iterator<Waiter<L>> {
    return this.#lines[Symbol.iterator]();
  }

  /** Where those wait who say nothing of themselves; what they hold is not told with `taken` and `left`. */
  get common(): QueueLine<L> {
    return this.#lines.common;
  }

  /** Where to wait with this priority on behalf of this tenant. */
  line(priority: AcquirePriority, tenantId: string | undefined): QueueLine<L> {
    return this.#lines.line(rankOf(priority), tenantId);
  }

  /** Whether a connection may go to this line, or is reserved for others. */
  admits(line: QueueLine<L>): boolean {
    return this.#lines.admits(line);
  }

  /** Nobody of this line gets or waits for anything after all. */
  forget(line: QueueLine<L>): void {
    this.#lines.forget(line);
    // Whoever came and was turned away has not waited.
    if (this.#policy.isLearning && this.#lines.length === 0) this.#policy.emptied(this.#clock.coarseNow());
  }

  /** A connection goes to somebody of this line, which is not the common one. */
  taken(line: QueueLine<L>): void {
    this.#lines.taken(line);
  }

  /** It comes back, by whatever way. */
  left(line: QueueLine<L>): void {
    this.#lines.left(line);
  }

  /** A lease was given back while others waited. */
  released(heldMs: number): void {
    this.#policy.released(heldMs);
  }

  /** How many wait in this line, or in one that goes first. */
  waitingUpTo({ rank }: QueueLine<L>): number {
    return this.#lines.waitingUpTo(rank);
  }

  /** A caller has found no connection. Returns whether it is one of those who are too many. */
  isExcess(line: QueueLine<L>): boolean {
    if (!this.#policy.isLearning) return false;
    this.#policy.arrived(this.#clock.coarseNow());
    const { places } = this.#policy;
    // `high` is for the few whose work must go on under any load.
    if (line.rank === 0 || this.#lines.waitingUpTo(line.rank) < places) return false;
    const left = places - (this.#lines.waitingUpTo(line.rank) - this.#lines.waitingAt(line.rank));
    return line.length + 1 > this.#lines.shareOf(line, Math.max(0, left));
  }

  /** Lets a caller wait in `line` for `timeoutMs`. */
  enqueue(request: WaiterRequest<L>, line: QueueLine<L>): Waiter<L> {
    const waiter = new Waiter<L>(request, line, this.#listener);
    this.#lines.add(waiter);
    if (this.#policy.isLearning) this.#policy.joined(patienceOf(waiter));
    countWithin(waiter.origin.holding, 1);
    this.#listener.onLength(this.#lines.length);
    if (line.firstUntimed === undefined) line.firstUntimed = waiter;
    if (!line.isUntimed) {
      line.isUntimed = true;
      this.#untimed.push(line);
    }
    if (!this.#isTurnWatched) {
      this.#isTurnWatched = true;
      this.#clock.atTurnEnd(this.#startTimers);
    }
    return waiter;
  }

  /** Takes the next one out of the queue, to be served. There must be one that is {@link AcquireQueue.servable}. */
  take(): Waiter<L> {
    const { isLearning } = this.#policy;
    const waiter = this.#lines.next(isLearning ? this.#takesNewest : undefined) as Waiter<L>;
    this.#leave(waiter);
    this.#lines.served(waiter);
    if (isLearning) this.#policy.served(this.#clock.coarseNow());
    return waiter;
  }

  /** Turns one caller away, who must be in the queue. */
  turnAway(waiter: Waiter<L>, error: unknown): void {
    this.#leave(waiter);
    this.#lines.forget(waiter.line);
    waiter.reject(error);
  }

  /** Turns everybody away. */
  turnAllAway(makeError: (waiter: Waiter<L>) => unknown): number {
    const all = [...this.#lines];
    for (const waiter of all) this.turnAway(waiter, makeError(waiter));
    return all.length;
  }

  readonly #takesNewest = (first: Waiter<L>): boolean =>
    this.#policy.takesNewest(this.#clock.coarseNow() - first.enqueuedAt);

  readonly #onDeadline = (waiter: Waiter<L>): void => this.#listener.onDeadline(waiter);

  readonly #startTimers = (): void => {
    this.#isTurnWatched = false;
    const now = this.#clock.now();
    const lines = this.#untimed;
    this.#untimed = [];
    for (const line of lines) {
      for (let waiter = line.firstUntimed; waiter !== undefined; waiter = waiter.next)
        this.#startTimer(waiter, now);
      line.firstUntimed = undefined;
      line.isUntimed = false;
    }
  };

  #startTimer(waiter: Waiter<L>, now: number): void {
    if (this.#policy.isLearning) {
      waiter.enqueuedAt = now;
      waiter.timer = this.#wheel.add(this.#policy.hastenAt(this.#limitsOf(waiter)), this.#onPressing, waiter);
    } else if (waiter.timeoutMs !== Infinity) {
      waiter.timer = this.#wheel.add(now + waiter.timeoutMs, this.#onDeadline, waiter);
    }
  }

  /** Not kept: there may be many who wait. */
  #limitsOf({ enqueuedAt, timeoutMs, origin: { session } }: Waiter<L>): WaitLimits {
    const sessionEndsAt = session === undefined ? Infinity : this.#clock.now() + session.remainingMs;
    return { enqueuedAt, deadlineAt: enqueuedAt + timeoutMs, sessionEndsAt };
  }

  /** In two steps: first it is put in front, then it is too late. */
  readonly #onPressing = (waiter: Waiter<L>): void => {
    waiter.line.hasten(waiter);
    this.#onTooLate(waiter);
  };

  /** Its end may have come, or lie ahead: what leases take changes, and after a stall both instants may be past. */
  readonly #onTooLate = (waiter: Waiter<L>): void => {
    const limits = this.#limitsOf(waiter);
    // `high` is never shed: its session ends it, if need be.
    const giveUpAt = waiter.line.rank === 0 ? limits.deadlineAt : this.#policy.giveUpAt(limits);
    waiter.timer = undefined;
    if (giveUpAt === Infinity) return;
    if (this.#clock.now() < giveUpAt) waiter.timer = this.#wheel.add(giveUpAt, this.#onTooLate, waiter);
    else if (giveUpAt < limits.deadlineAt) this.#listener.onHopeless(waiter);
    else this.#listener.onDeadline(waiter);
  };

  #noteLeft(waiter: Waiter<L>): void {
    this.#policy.left(patienceOf(waiter));
    if (this.#lines.length === 0) this.#policy.emptied(this.#clock.coarseNow());
  }

  /** From here on neither deadline nor signal can reach it: a waiter settles once. */
  #leave(waiter: Waiter<L>): void {
    if (waiter === waiter.line.firstUntimed) waiter.line.firstUntimed = waiter.next;
    if (!this.#lines.remove(waiter)) throw new InvariantError('a waiter left the queue twice');
    if (waiter.timer !== undefined) this.#wheel.remove(waiter.timer);
    waiter.detach();
    countWithin(waiter.origin.holding, -1);
    if (this.#policy.isLearning) this.#noteLeft(waiter);
    this.#listener.onLength(this.#lines.length);
  }
}

/** How long this caller would wait. Not what is left of its session, which changes. */
function patienceOf({ timeoutMs, origin }: Pick<WaiterRequest<never>, 'timeoutMs' | 'origin'>): number {
  return Math.min(timeoutMs, origin.session?.timeoutMs ?? Infinity);
}

function countWithin(holding: Holding | undefined, change: 1 | -1): void {
  for (let block = holding; block !== undefined; block = block.outer) block.record.waitersWithin += change;
}
