import type { CancelledBy, Clock, LeaseRecord } from '@lifeguard/core';
import { endedByLimit } from './ended-by-limit.ts';
import { explainEnded, explainIfEnded, explainPooler, explainStopped } from './explain-error.ts';
import { poolerFailure } from './pooler-failure.ts';

/** How much earlier than its limit a statement may seem to have been stopped: two clocks, two roundings. */
const TOLERANCE_MS = 20;

/** What PostgreSQL's function is called that stops statements. COPY and user functions raise 57014 for reasons of their own. */
const STOPPED_IN = 'ProcessInterrupts';

/** What is known of a statement that failed. */
interface StatementFacts {
  readonly limitMs: number | undefined;
  readonly sql: string | undefined;
  readonly behindPooler: boolean;
}

/** Knows enough of the statement that a connection runs now to tell who stopped it. */
export class StatementWatch {
  readonly #clock: Clock;
  #startedAt = 0;
  #cancelSent = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The server begins with a statement now. */
  started(): void {
    this.#startedAt = this.#clock.coarseNow();
  }

  /** A cancel request of ours is on its way. */
  cancelSent(): void {
    this.#cancelSent = true;
  }

  /** The server has taken the request, and the statement that it may have hit is over. */
  cancelSpent(): void {
    this.#cancelSent = false;
  }

  get #ranMs(): number {
    return this.#clock.now() - this.#startedAt;
  }

  /**
   * Puts on the driver's error of this statement what is known of its cause: who stopped it, which limit of the server has
   * ended the connection, or what a pooler could not do. `limitMs` as in {@link StatementWatch.whoStopped}. Never throws.
   */
  explain(error: Error, record: LeaseRecord, { limitMs, sql, behindPooler }: StatementFacts): void {
    const limit = endedByLimit(error);
    try {
      if (limit !== undefined) return explainEnded(error, limit, record);
      const failure = poolerFailure(error, behindPooler);
      if (failure !== undefined) return explainPooler(error, failure, record);
      explainIfEnded(error, record);
      const by = this.whoStopped(error, limitMs);
      if (by !== undefined) explainStopped(error, { by, ranMs: this.#ranMs, sql, record });
    } catch {
      // It formats a stack, and that is code of the application's at times. The error goes its way without us.
    }
  }

  /**
   * Who stopped the statement that failed with this error; `undefined` when nobody did, or it cannot be told. `limitMs` is
   * the `statement_timeout` in force, where it is known. The text of the error would say it, but comes in the language of
   * the server: it decides where it is understood, and else what we know ourselves.
   */
  whoStopped(error: unknown, limitMs: number | undefined): CancelledBy | undefined {
    const { code, message = '', routine = STOPPED_IN } = error as Partial<Record<string, string>>;
    if (code !== '57014' || routine !== STOPPED_IN) return undefined;
    if (message.includes('statement timeout')) return 'server';
    if (this.#cancelSent) {
      // One request stops one statement.
      this.#cancelSent = false;
      return 'lifeguard';
    }
    if (message.includes('user request')) return 'operator';
    if (limitMs === undefined) return undefined;
    return limitMs > 0 && this.#ranMs >= limitMs - TOLERANCE_MS ? 'server' : 'operator';
  }
}
