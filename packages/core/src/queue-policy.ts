import { HoldEstimate } from './hold-estimate.ts';
import { OverloadEstimator } from './overload-estimator.ts';

/** In which order callers are served, and whether some are turned away before their time is up. */
export type QueuePolicyName =
  /** First come, first served, until the deadline; as pg-pool does. */
  | 'fifo'
  /**
   * The same while the load is normal. When the first one has waited long, the newest go first, since they are those who are
   * still in time, and each gets its turn before it would be too late. When more come than are served for
   * `overloadAfterMs`, newcomers are turned away at once, as many as the excess. Whoever waits already is never shed.
   */
  | 'controlled';

/** Until when one caller can wait. Instants of the pool's clock. */
export interface WaitLimits {
  readonly enqueuedAt: number;
  /** When it is turned away in any case. */
  readonly deadlineAt: number;
  /** When its session ends, and with it whatever it would do with the connection; `Infinity` for none. */
  readonly sessionEndsAt: number;
}

/** What is known of the load. */
export interface LoadFigures {
  readonly arrivalsPerSecond: number;
  readonly servedPerSecond: number;
  /** How long a lease is held on average; 0 while that is not known. */
  readonly holdMs: number;
}

/** What an `AcquireQueue` asks before it lets somebody in, and when it chooses who is next. */
export interface QueuePolicy {
  /** Whether it wants to be told of what happens; it learns from nothing else. */
  readonly isLearning: boolean;
  /** How many may wait before newcomers are turned away. */
  readonly places: number;
  readonly load: LoadFigures;
  /** Whether the newest is to be served, when the first has waited for this long. */
  takesNewest(firstWaitedMs: number): boolean;
  /** The last instant at which a connection is still of use to this caller. */
  giveUpAt(limits: WaitLimits): number;
  /** When this caller is to be put in front; `Infinity` for never. */
  hastenAt(limits: WaitLimits): number;
  /** A caller has found no connection. */
  arrived(now: number): void;
  /** It begins to wait, and would do so for that long. */
  joined(patienceMs: number): void;
  /** It waits no more, for whatever reason. */
  left(patienceMs: number): void;
  served(now: number): void;
  emptied(now: number): void;
  /** A lease was given back while others waited. */
  released(heldMs: number): void;
}

const nothing = (): void => undefined;

/** First come, first served. */
export const FIFO: QueuePolicy = Object.freeze({
  isLearning: false,
  places: Infinity,
  load: Object.freeze({ arrivalsPerSecond: 0, servedPerSecond: 0, holdMs: 0 }),
  takesNewest: () => false,
  giveUpAt: ({ deadlineAt }: WaitLimits) => deadlineAt,
  hastenAt: () => Infinity,
  arrived: nothing,
  joined: nothing,
  left: nothing,
  served: nothing,
  emptied: nothing,
  released: nothing,
});

/** A wait of so many mean leases is long: whoever came first is no longer served in good time. */
const LONG_WAIT = 2;
/** What is done on behalf of a caller's deadline begins no sooner than after half of its time. */
const SOONEST = 0.5;
/** The deadlines of the queue are kept to within this. */
const TOLERANCE_MS = 5;
/** Who names no limit is passed over for no longer than this: as long as an acquire may take by default. */
const LONGEST_MS = 30_000;

/** See {@link QueuePolicyName}. */
export class ControlledPolicy implements QueuePolicy {
  readonly isLearning = true;
  readonly #estimator: OverloadEstimator;
  readonly #hold = new HoldEstimate();
  /** How many wait, and for how long they would, all together. */
  #waiting = 0;
  #patienceMs = 0;

  constructor(overloadAfterMs: number) {
    this.#estimator = new OverloadEstimator(overloadAfterMs);
  }

  get places(): number {
    const { places, servedPerSecond } = this.#estimator;
    if (servedPerSecond === 0 || this.#waiting === 0) return places;
    // Of a longer queue some would not be served before their time is up, however it is ordered.
    const meanMs = this.#patienceMs / this.#waiting;
    return Math.min(places, Math.max(1, (servedPerSecond * meanMs) / 1_000));
  }

  get load(): LoadFigures {
    const { arrivalsPerSecond, servedPerSecond } = this.#estimator;
    return { arrivalsPerSecond, servedPerSecond, holdMs: this.#hold.meanMs };
  }

  takesNewest(firstWaitedMs: number): boolean {
    const { meanMs } = this.#hold;
    return meanMs > 0 && firstWaitedMs > LONG_WAIT * meanMs;
  }

  giveUpAt({ enqueuedAt, deadlineAt, sessionEndsAt }: WaitLimits): number {
    if (sessionEndsAt === Infinity) return deadlineAt;
    // Leases differ: one that runs for seconds must not cost a quick one all of its time.
    const neededMs = Math.min(this.#hold.cautiousMs + TOLERANCE_MS, (sessionEndsAt - enqueuedAt) * SOONEST);
    return Math.min(deadlineAt, sessionEndsAt - neededMs);
  }

  hastenAt(limits: WaitLimits): number {
    const endsAt = Math.min(this.giveUpAt(limits), limits.enqueuedAt + LONGEST_MS);
    const soonestAt = limits.enqueuedAt + (endsAt - limits.enqueuedAt) * SOONEST;
    return Math.max(soonestAt, endsAt - this.#hold.cautiousMs - this.#hold.meanMs - TOLERANCE_MS);
  }

  arrived(now: number): void {
    this.#estimator.arrived(now);
  }

  joined(patienceMs: number): void {
    this.#waiting += 1;
    this.#patienceMs += Math.min(patienceMs, LONGEST_MS);
  }

  left(patienceMs: number): void {
    this.#waiting -= 1;
    // Exactly 0 when nobody waits, whatever fractions have been added and taken away.
    this.#patienceMs = this.#waiting === 0 ? 0 : this.#patienceMs - Math.min(patienceMs, LONGEST_MS);
  }

  served(now: number): void {
    this.#estimator.served(now);
  }

  emptied(now: number): void {
    this.#estimator.emptied(now);
  }

  released(heldMs: number): void {
    this.#hold.note(heldMs);
  }
}
