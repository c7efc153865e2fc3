/** How one job ended. */
export interface Outcome {
  readonly kind: 'in-time' | 'late' | 'rejected';
  readonly tookMs: number;
  /** How long it had a connection. */
  readonly heldMs: number;
}

/** What came of a load. Times are milliseconds; `NaN` where nothing of the kind happened. */
export interface Figures {
  readonly sent: number;
  /** Results in time, as a share of what could have been: all that was sent, or as many as the pool can serve. */
  readonly goodput: number;
  /** Share of the time in use that went into results in time. */
  readonly useful: number;
  /** Share of the connections' time that they were in use. */
  readonly busy: number;
  readonly rejected: number;
  readonly successP50: number;
  readonly successP99: number;
  readonly rejectP50: number;
  readonly rejectP99: number;
}

/** Counts outcomes. */
export class Tally {
  readonly #successes: number[] = [];
  readonly #rejections: number[] = [];
  #sent = 0;
  #heldMs = 0;
  #usefulMs = 0;

  sent(): void {
    this.#sent += 1;
  }

  ended({ kind, tookMs, heldMs }: Outcome): void {
    this.#heldMs += heldMs;
    if (kind === 'rejected') this.#rejections.push(tookMs);
    if (kind !== 'in-time') return;
    this.#successes.push(tookMs);
    this.#usefulMs += heldMs;
  }

  /** `canServe`: jobs that the pool could have served in the time; `connectionMs`: the time that its connections had. */
  figures(canServe: number, connectionMs: number): Figures {
    return {
      sent: this.#sent,
      goodput: this.#successes.length / Math.min(this.#sent, canServe),
      useful: this.#usefulMs / this.#heldMs,
      busy: this.#heldMs / connectionMs,
      rejected: this.#rejections.length / this.#sent,
      successP50: percentile(this.#successes, 0.5),
      successP99: percentile(this.#successes, 0.99),
      rejectP50: percentile(this.#rejections, 0.5),
      rejectP99: percentile(this.#rejections, 0.99),
    };
  }
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
