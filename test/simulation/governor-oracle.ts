import type { Judge } from './judge.ts';
import type { DrawnOptions } from './plan.ts';
import type { WireConnection } from './wire-connection.ts';

/**
 * How fast connections may be opened: `maxConnecting` at a time while all is well, one at a time and after a pause while
 * the database cannot be reached. What happens within one step is learnt by the pool in its own order, so a failure counts
 * from the next step on.
 */
export class GovernorOracle {
  readonly #judge: Judge;
  readonly #options: DrawnOptions;
  readonly #attempts = new Set<WireConnection>();
  #begun: WireConnection[] = [];
  #ended: (() => void)[] = [];
  #failedAt: number | undefined;
  /** Rounds of attempts that failed, since the last success; the pause doubles with each. */
  #rounds = 0;
  /** How many may be under way: after an outage one, and one more for each that succeeds. */
  #window = Infinity;
  /** The most that were under way when one was begun, in this step. */
  #most = 0;
  #checkedAt = -Infinity;
  /** The pool has heard of a failure since the last success. */
  failures = 0;
  fatalFailures = 0;
  /** Never a failure so far. */
  isSpotless = true;
  lastFailureAt = -Infinity;

  constructor(judge: Judge, options: DrawnOptions) {
    this.#judge = judge;
    this.#options = options;
  }

  /** Attempts that the pool still waits for. */
  get connecting(): number {
    return this.#attempts.size;
  }

  /** The last that was heard of the database is a failure. */
  get isFailing(): boolean {
    return this.#failedAt !== undefined;
  }

  begun(connection: WireConnection): void {
    this.#attempts.add(connection);
    this.#begun.push(connection);
    this.#most = Math.max(this.#most, this.#attempts.size);
    this.#judge.expect(
      this.#attempts.size <= this.#options.maxConnecting,
      'I21',
      () => `${this.#attempts.size} attempts at once`,
    );
  }

  /** An attempt has ended, or one that was called a success has died before anybody had it. */
  ended(connection: WireConnection, failure: unknown, now: number, isClosing: boolean): void {
    const wasUnderWay = this.#attempts.delete(connection);
    if (failure === undefined) {
      this.#ended.push(() => this.#succeeded());
      return;
    }
    if (isClosing && wasUnderWay && connection.isAbandoned) return;
    this.failures += 1;
    if (failure instanceof Error && failure.message === 'fatal') this.fatalFailures += 1;
    this.isSpotless = false;
    this.lastFailureAt = now;
    this.#ended.push(() => {
      if (this.#failedAt !== undefined && connection.begunAt <= this.#failedAt) return;
      this.#failedAt = now;
      this.#rounds += 1;
    });
  }

  /** The end of a step. */
  check(now: number): void {
    const failedAt = this.#failedAt;
    if (failedAt !== undefined && this.#begun.length > 0) this.#checkProber(failedAt, this.#begun);
    this.#begun = [];
    for (const apply of this.#ended.splice(0)) apply();
    // In the same step, what succeeded may have come before what was begun; what failed, after.
    this.#judge.expect(
      this.lastFailureAt >= this.#checkedAt || this.#most <= this.#window,
      'I21',
      () => `${this.#most} attempts at once, with room for ${this.#window} after an outage`,
    );
    this.#most = 0;
    this.#checkedAt = now;
  }

  #succeeded(): void {
    const next = this.#failedAt === undefined ? this.#window + 1 : 1;
    this.#window = next >= this.#options.maxConnecting ? Infinity : next;
    this.#failedAt = undefined;
    this.#rounds = 0;
  }

  #checkProber(failedAt: number, begun: readonly WireConnection[]): void {
    // A success in this very step lets the next ones out.
    if (this.#ended.length > 0) return;
    this.#judge.expect(this.#attempts.size <= 1, 'I21', () => `${this.#attempts.size} probers at once`);
    const { connectBackoffMs, maxConnectBackoffMs } = this.#options;
    const pauseMs = Math.min(connectBackoffMs * 2 ** (this.#rounds - 1), maxConnectBackoffMs) / 2;
    for (const each of begun)
      this.#judge.expect(
        each.begunAt >= failedAt + pauseMs,
        'I21',
        () => `c${each.id} follows a failure after ${each.begunAt - failedAt} ms`,
      );
  }
}
