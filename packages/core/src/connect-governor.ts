import type { Random } from './random.ts';

/** How a {@link ConnectGovernor} behaves. */
export interface ConnectGovernorOptions {
  /** Connects at the same time while all is well. */
  readonly maxConnecting: number;
  /** First pause after a failure, in milliseconds; doubled by each further one. */
  readonly backoffBaseMs: number;
  /** Longest pause, in milliseconds. */
  readonly backoffMaxMs: number;
}

/** What is known while the database cannot be reached. */
export interface Failing {
  /** Rounds of attempts that failed; attempts under way together count once. */
  readonly failures: number;
  readonly failedAt: number;
  /** When the next attempt may go out. */
  readonly retryAt: number;
  readonly lastError: unknown;
}

/** The life of the governor: all is well, or failing with one prober at a time, or coming back in growing steps. */
type GovernorState =
  | { readonly kind: 'well' }
  | ({ readonly kind: 'failing' } & Failing)
  | { readonly kind: 'recovering'; readonly window: number; readonly failures: number };

const WELL: GovernorState = Object.freeze({ kind: 'well' });

/**
 * Decides whether another connection may be opened now. While the database cannot be reached, one attempt at a time goes
 * out, with a pause that doubles and is drawn at random (between half of it and all of it, so that many processes do not
 * knock together). After the first success 1, 2, 4 … attempts may run at once, not all that are wanted.
 */
export class ConnectGovernor {
  readonly #options: ConnectGovernorOptions;
  readonly #random: Random;
  #state: GovernorState = WELL;

  constructor(options: ConnectGovernorOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** The last failure, while the database cannot be reached. */
  get failing(): Failing | undefined {
    return this.#state.kind === 'failing' ? this.#state : undefined;
  }

  /** Whether one more connect may start, with `connecting` under way. */
  mayConnect(now: number, connecting: number): boolean {
    const state = this.#state;
    switch (state.kind) {
      case 'well':
        return connecting < this.#options.maxConnecting;
      case 'recovering':
        return connecting < state.window;
      case 'failing':
        return connecting === 0 && now >= state.retryAt;
      /* v8 ignore next -- a state that is missing above does not compile */
      default:
        return state satisfies never;
    }
  }

  succeeded(): void {
    const state = this.#state;
    if (state.kind === 'well') return;
    // One more for each success: as many again in each round.
    const window = state.kind === 'failing' ? 1 : state.window + 1;
    const { failures } = state;
    this.#state = window >= this.#options.maxConnecting ? WELL : { kind: 'recovering', window, failures };
  }

  /** An attempt that began at `startedAt` has failed. */
  failed(startedAt: number, now: number, error: unknown): Failing {
    const { failing } = this;
    const state =
      failing !== undefined && startedAt <= failing.failedAt
        ? { ...failing, lastError: error }
        : this.#failedAnew(now, error);
    this.#state = { ...state, kind: 'failing' };
    return state;
  }

  #failedAnew(now: number, error: unknown): Failing {
    // A failure while coming back goes on where the last ones left off: the pause grows also when every second one fails.
    const failures = this.#state.kind === 'well' ? 1 : this.#state.failures + 1;
    const { backoffBaseMs, backoffMaxMs } = this.#options;
    const pauseMs = Math.min(backoffMaxMs, backoffBaseMs * 2 ** Math.min(failures - 1, 30));
    const retryAt = now + pauseMs * (0.5 + this.#random.next() / 2);
    return { failures, failedAt: now, retryAt, lastError: error };
  }
}
