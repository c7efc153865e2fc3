/** Of how many leases the estimate is a running mean. */
const MEMORY = 100;
/** Fewer say nothing. */
const MIN_LEASES = 20;
/** How many mean deviations are added to be on the safe side, as TCP does for the time of its answers (RFC 6298). */
const DEVIATIONS = 4;

/** How long leases are held, going by those given back lately. */
export class HoldEstimate {
  #leases = 0;
  #meanMs = 0;
  #deviationMs = 0;

  /** A lease was given back. */
  note(heldMs: number): void {
    this.#leases += 1;
    const share = 1 / Math.min(this.#leases, MEMORY);
    this.#deviationMs += (Math.abs(heldMs - this.#meanMs) - this.#deviationMs) * share;
    this.#meanMs += (heldMs - this.#meanMs) * share;
  }

  /** Milliseconds; 0 while too little is known. */
  get meanMs(): number {
    return this.#leases < MIN_LEASES ? 0 : this.#meanMs;
  }

  /** What nearly all leases stay below: the mean and four deviations. 0 while too little is known. */
  get cautiousMs(): number {
    return this.#leases < MIN_LEASES ? 0 : this.#meanMs + DEVIATIONS * this.#deviationMs;
  }
}
