import { describeFailure, errorForLog, logSafely } from '@lifeguard/core/adapter';
import type { Clock, Logger, Timer } from '@lifeguard/core';

/** The server is asked at most so often. */
const SPACING_MS = 60_000;
/** An answer is true for so long; the next one is due before. */
const VALID_MS = 150_000;
/** After so long an answer is not waited for any more. */
const LIMIT_MS = 30_000;

/** Asks from time to time how many orphans there are. One question at a time: a server that hangs is not asked again. */
export class OrphanWatch {
  readonly #ask: () => Promise<number>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #isAsking = false;
  #askedAt = -Infinity;
  #answer: { readonly at: number; readonly count: number } | undefined;

  constructor(ask: () => Promise<number>, clock: Clock, logger: Logger) {
    this.#ask = ask;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** How many there are by the last answer; `undefined` when it is too old, or there is none. */
  get count(): number | undefined {
    const answer = this.#answer;
    return answer === undefined || this.#clock.now() - answer.at > VALID_MS ? undefined : answer.count;
  }

  /** Asks, if it is time to. */
  look(): void {
    const now = this.#clock.now();
    if (this.#isAsking || now - this.#askedAt < SPACING_MS) return;
    this.#isAsking = true;
    this.#askedAt = now;
    void this.#askOnce().finally(() => {
      this.#isAsking = false;
    });
  }

  /** Never rejects. */
  async #askOnce(): Promise<void> {
    let isLate = false;
    const timer: Timer = this.#clock.setTimer(LIMIT_MS, () => {
      isLate = true;
      this.#log(new Error(`no answer within ${LIMIT_MS} ms`));
    });
    try {
      const count = await this.#ask();
      if (!isLate && Number.isFinite(count)) this.#answer = { at: this.#clock.now(), count };
    } catch (error) {
      if (!isLate) this.#log(error);
    } finally {
      timer.cancel();
    }
  }

  /** At most once a minute, as often as it asks. */
  #log(error: unknown): void {
    const message = `LG_LISTENER_FAILED: "orphans" of the alerts failed: ${describeFailure(error)}`;
    logSafely(this.#logger, 'warn', { code: 'LG_LISTENER_FAILED', err: errorForLog(error) }, message);
  }
}
