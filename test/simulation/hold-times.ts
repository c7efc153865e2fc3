/** So many leases must have come back before anything is known of them. */
const ENOUGH = 20;
/** The pool forgets old ones little by little; this is what its mean is compared with. */
const RECENT = 100;
/** So far apart may two means of what changes be. */
const DOUBT = 2;
/** Who waits for longer than so many leases take waits long. */
const LONG_WAIT = 2;

/** How long leases were held that came back while somebody waited: what a `controlled` pool goes by. */
export class HoldTimes {
  readonly #held: number[] = [];
  #sum = 0;
  #unsure = 0;
  longest = 0;

  /** `isSure`: the pool has seen it come back, and not die. */
  note(heldMs: number, isSure: boolean): void {
    this.#held.push(heldMs);
    this.#sum += heldMs;
    if (!isSure) this.#unsure += 1;
    this.longest = Math.max(this.longest, heldMs);
  }

  /** The pool may know, or must know, how long leases take. */
  get isPerhapsKnown(): boolean {
    return this.#held.length >= ENOUGH;
  }

  get isKnown(): boolean {
    return this.#held.length - this.#unsure >= ENOUGH;
  }

  /** A mean lease takes no less; 0 while nothing is known. */
  get leastMean(): number {
    return this.isKnown ? Math.min(...this.#means) / this.#doubt : 0;
  }

  mayBeLong(waitedMs: number): boolean {
    return this.isPerhapsKnown && waitedMs > (LONG_WAIT * Math.min(...this.#means)) / this.#doubt;
  }

  mustBeLong(waitedMs: number): boolean {
    return this.isKnown && waitedMs > LONG_WAIT * Math.max(...this.#means) * this.#doubt;
  }

  /** Of the first ones there is only one mean. */
  get #doubt(): number {
    return this.#held.length <= RECENT && this.#unsure === 0 ? 1 + 1e-9 : DOUBT;
  }

  get #means(): readonly number[] {
    const mean = this.#sum / this.#held.length;
    if (this.#held.length <= RECENT) return [mean];
    const recent = this.#held.slice(-RECENT);
    return [mean, recent.reduce((sum, each) => sum + each, 0) / RECENT];
  }
}
