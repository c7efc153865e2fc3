import { Histogram, describeFailure } from '@lifeguard/core/adapter';
import type { Clock } from '@lifeguard/core';
import type { Consumer } from './executor-hook.ts';

/** What pg-pool says to those who have waited for `connectionTimeoutMillis`. */
const PG_POOL_TIMEOUT = /^timeout exceeded when trying to connect/;

/** How long callers of an instance wait for connections of a pool that is not ours, and how many get none. */
export class CheckoutLog {
  readonly waitTime: Histogram = new Histogram();
  readonly #clock: Clock;
  /** When each of those that wait began, in this order. */
  readonly #waiting = new Set<{ readonly askedAt: number }>();
  #timeouts = 0;
  #failures = 0;
  #lastFailure: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Callers that were turned away because none became free. */
  get timeouts(): number {
    return this.#timeouts;
  }

  /** Callers that got none for any other reason. */
  get failures(): number {
    return this.#failures;
  }

  /** Why the last caller got none, if none got one after that; in words that may be logged. */
  get lastFailure(): string | undefined {
    return this.#lastFailure;
  }

  /** How long the first of those that wait has waited; 0 when nobody does. Milliseconds. */
  get oldestWaitMs(): number {
    const [first] = this.#waiting;
    return first === undefined ? 0 : Math.max(0, this.#clock.now() - first.askedAt);
  }

  /** Has `consumer` be provided by `next`, and notes how long that takes. Settles as `next` does. */
  async follow<T>(next: (consumer: Consumer<T>) => Promise<T>, consumer: Consumer<T>): Promise<T> {
    const waiter = { askedAt: this.#clock.now() };
    this.#waiting.add(waiter);
    try {
      return await next((connection) => {
        this.#granted(waiter);
        return consumer(connection);
      });
    } catch (error) {
      // Whoever has had one fails for reasons of its own.
      if (this.#waiting.delete(waiter)) this.#refused(error);
      throw error;
    } finally {
      this.#waiting.delete(waiter);
    }
  }

  #granted(waiter: { readonly askedAt: number }): void {
    if (!this.#waiting.delete(waiter)) return;
    this.waitTime.record(this.#clock.now() - waiter.askedAt);
    this.#lastFailure = undefined;
  }

  #refused(error: unknown): void {
    if (error instanceof Error && PG_POOL_TIMEOUT.test(error.message)) {
      this.#timeouts += 1;
      return;
    }
    this.#failures += 1;
    this.#lastFailure = describeFailure(error);
  }
}
