/** In which time `limit` notifications may be sent. */
const PERIOD_MS = 60_000;

/** How many notifications may be sent yet, over all pools and rules: never more than the limit within any minute. */
export class NotificationBudget {
  readonly #limit: number;
  #sentAt: number[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  left(now: number): number {
    this.#sentAt = this.#sentAt.filter((at) => now - at < PERIOD_MS);
    return this.#limit - this.#sentAt.length;
  }

  spend(now: number): void {
    this.#sentAt.push(now);
  }
}
