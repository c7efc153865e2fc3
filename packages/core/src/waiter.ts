import { leasesHeldUp, readAwaitChain } from './await-chain.ts';
import type { Taker } from './lease-taker.ts';
import type { LinkedList } from './linked-list.ts';
import type { LeaseOrigin, LeaseRecord } from './lease-record.ts';
import { reasonOf } from './session.ts';
import type { WheelTimer } from './timer-wheel.ts';
import type { Queued, WaitingLine } from './waiting-line.ts';

/** What a caller that waits asks for. */
export interface WaiterRequest<L> {
  readonly origin: LeaseOrigin;
  /** Coarse instant. */
  readonly enqueuedAt: number;
  readonly timeoutMs: number;
  /** Signals that end the wait: the caller's, its session's. `undefined` where there are none. */
  readonly signals: readonly AbortSignal[] | undefined;
  readonly taker: Taker<L, unknown>;
}

/** Who is told when a caller leaves the queue by itself. */
export interface WaiterListener<L extends object> {
  onDeadline(waiter: Waiter<L>): void;
  onAbort(waiter: Waiter<L>, reason: unknown): void;
  /** What is left of its session is too short for anything that it could be given now. */
  onHopeless(waiter: Waiter<L>): void;
}

type Resolve = (answer: unknown) => void;
type Reject = (error: unknown) => void;

/** Written by {@link capture} while a promise is made, and read right after: a closure for each would cost as much again. */
let resolveNew: Resolve;
let rejectNew: Reject;
const capture = (resolve: Resolve, reject: Reject): void => {
  resolveNew = resolve;
  rejectNew = reject;
};

/** An answer that is none; see {@link Waiter.probe}. */
const NOT_YET: unique symbol = Symbol('not yet');

const NOTHING: readonly LeaseRecord[] = Object.freeze([]);

/** One caller that waits. It leaves the queue exactly once: granted, or turned away. */
export class Waiter<L extends object> implements Queued<Waiter<L>> {
  prev: Waiter<L> | undefined;
  next: Waiter<L> | undefined;
  list: LinkedList<Waiter<L>> | undefined;
  readonly line: WaitingLine<Waiter<L>>;
  /** Its deadline, from the end of the turn on in which it came. */
  timer: WheelTimer | undefined;
  readonly origin: LeaseOrigin;
  /** Coarse instant; where limits are looked at again later, the exact one at which its time began. Written by the queue only. */
  enqueuedAt: number;
  readonly timeoutMs: number;
  /** Leases that are known not to come back before this caller is served. */
  holdsUp: readonly LeaseRecord[] = NOTHING;
  #stopListening: (() => void) | undefined;
  readonly #taker: Taker<L, unknown>;
  /** Settles with what the caller gets, or with {@link NOT_YET}: then it is looked who awaits, and the wait goes on. */
  #promise!: Promise<unknown>;
  #resolve!: Resolve;
  #reject!: Reject;

  constructor(request: WaiterRequest<L>, line: WaitingLine<Waiter<L>>, listener: WaiterListener<L>) {
    this.#taker = request.taker;
    this.line = line;
    this.origin = request.origin;
    this.enqueuedAt = request.enqueuedAt;
    this.timeoutMs = request.timeoutMs;
    if (request.signals !== undefined)
      this.#stopListening = listen(request.signals, (reason) => listener.onAbort(this, reason));
    this.#beginTurn();
  }

  /** The wait, as the caller awaits it. Only one inside of a block can be probed: another holds nobody up. */
  wait(): Promise<unknown> {
    return this.origin.holding === undefined ? this.#promise : this.#waitInBlock();
  }

  async #waitInBlock(): Promise<unknown> {
    for (;;) {
      const answer = await this.#promise;
      if (answer !== NOT_YET) return answer;
      this.holdsUp = leasesHeldUp(this.origin.holding, readAwaitChain());
    }
  }

  /** Finds out, some microtasks from now, which leases this wait holds up. For one inside of a block. */
  probe(): void {
    const resolve = this.#resolve;
    this.#beginTurn();
    resolve(NOT_YET);
  }

  grant(lease: L): void {
    this.#resolve(this.#taker.granted(lease));
  }

  reject(error: unknown): void {
    if (this.#taker.refused === undefined) this.#reject(error);
    else this.#resolve(this.#taker.refused(error));
  }

  /** Stops listening to signals. */
  detach(): void {
    this.#stopListening?.();
  }

  #beginTurn(): void {
    this.#promise = new Promise<unknown>(capture);
    this.#resolve = resolveNew;
    this.#reject = rejectNew;
  }
}

/** Returns how to stop. */
function listen(signals: readonly AbortSignal[], onAbort: (reason: unknown) => void): () => void {
  const onSignal = (): void => {
    // One of them has called this.
    onAbort(reasonOf(signals.find((signal) => signal.aborted) as AbortSignal));
  };
  for (const signal of signals) signal.addEventListener('abort', onSignal);
  return () => {
    for (const signal of signals) signal.removeEventListener('abort', onSignal);
  };
}
