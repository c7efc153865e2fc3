/** Sub-buckets per power of two: a percentile is at most 1/8 (12.5 %) above the true value. */
const SUB_BITS = 3;
const SUB = 1 << SUB_BITS;
/** Microseconds up to 2^36 (19 hours); what is longer counts as that. */
const BUCKETS = (36 - SUB_BITS + 1) * SUB;

/**
 * Upper bounds, in milliseconds and inclusive, of the buckets of a {@link DurationSummary}. They are those that OpenTelemetry's
 * conventions name for operations of a database, in seconds 0.001 to 10; one more bucket, without bound, has all the rest.
 */
export const DURATION_BOUNDS_MS: readonly number[] = Object.freeze([
  1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000,
]);

/** What a {@link Histogram} says of the durations it saw; all in milliseconds. */
export interface DurationSummary {
  readonly count: number;
  readonly sumMs: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** How many durations were no longer than each of {@link DURATION_BOUNDS_MS}; exact. All of them are `count`. */
  readonly buckets: readonly number[];
}

/** The durations that a {@link Histogram} had counted by some instant, to tell later which have come since. */
export interface HistogramMark {
  /** Counts by bucket, without the empty ones at the end. */
  readonly buckets: Float64Array;
  readonly count: number;
}

/**
 * Counts durations in buckets whose width grows with the value (as HdrHistogram does), for about a nanosecond a record
 * and a fixed 2 KB. Percentiles are upper bounds of the bucket they fall in: never too low, at most 12.5 % too high. The
 * counts up to {@link DURATION_BOUNDS_MS} are exact.
 */
export class Histogram {
  readonly #buckets = new Float64Array(BUCKETS);
  /** By bound: of the bucket that it is in the middle of, those that exceed it. */
  readonly #beyond = new Float64Array(DURATION_BOUNDS_MS.length);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  /** Durations counted so far. */
  get count(): number {
    return this.#count;
  }

  /** All of them together, in milliseconds. */
  get sumMs(): number {
    return this.#sumMs;
  }

  /** Counts one duration. Negative ones (a coarse clock may lag) count as 0. */
  record(durationMs: number): void {
    const ms = durationMs > 0 ? durationMs : 0;
    const index = bucketOf(ms * 1000);
    this.#buckets[index] = (this.#buckets[index] as number) + 1;
    const bound = BOUND_WITHIN[index] as number;
    if (bound >= 0 && ms > (BOUNDS[bound] as number))
      this.#beyond[bound] = (this.#beyond[bound] as number) + 1;
    this.#count += 1;
    this.#sumMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** The duration in milliseconds that a share of `quantile` (0 to 1) of all records do not exceed; 0 without records. */
  percentileMs(quantile: number): number {
    let left = Math.max(1, Math.ceil(this.#count * quantile));
    for (let index = 0; index < BUCKETS; index += 1) {
      left -= this.#buckets[index] as number;
      if (left <= 0) return Math.min(upperBoundOf(index) / 1000, this.#maxMs);
    }
    return 0;
  }

  /** What has been counted up to now. */
  mark(): HistogramMark {
    const end = this.#buckets.findLastIndex((count) => count > 0) + 1;
    return Object.freeze({ buckets: this.#buckets.slice(0, end), count: this.#count });
  }

  summary(): DurationSummary {
    return Object.freeze({
      count: this.#count,
      sumMs: this.#sumMs,
      meanMs: this.#count === 0 ? 0 : this.#sumMs / this.#count,
      p50Ms: this.percentileMs(0.5),
      p95Ms: this.percentileMs(0.95),
      p99Ms: this.percentileMs(0.99),
      maxMs: this.#maxMs,
      buckets: this.#cumulative(),
    });
  }

  #cumulative(): readonly number[] {
    let count = 0;
    let index = 0;
    const upTo = (boundMs: number, bound: number): number => {
      for (const last = bucketOf(boundMs * 1000); index <= last; index += 1)
        count += this.#buckets[index] as number;
      return count - (this.#beyond[bound] as number);
    };
    return Object.freeze(DURATION_BOUNDS_MS.map(upTo));
  }
}

/**
 * As {@link Histogram.percentileMs}, of the durations that were counted between two marks of one histogram; 0 where that is
 * none. At most 12.5 % above the true value, never below.
 */
export function percentileBetween(earlier: HistogramMark, later: HistogramMark, quantile: number): number {
  let left = Math.max(1, Math.ceil((later.count - earlier.count) * quantile));
  for (const [index, count] of later.buckets.entries()) {
    left -= count - (earlier.buckets[index] ?? 0);
    if (left <= 0) return upperBoundOf(index) / 1000;
  }
  return 0;
}

/** Values below 8 µs have a bucket each; above, each power of two is cut into 8. */
function bucketOf(micros: number): number {
  if (micros < SUB) return Math.floor(micros);
  if (micros < 2 ** 31) {
    const value = Math.floor(micros);
    const exponent = 31 - Math.clz32(value);
    return (exponent - SUB_BITS + 1) * SUB + (value >> (exponent - SUB_BITS)) - SUB;
  }
  const value = Math.min(micros, 2 ** 36 - 1);
  const exponent = 35 - Math.clz32(value / 16);
  return (exponent - SUB_BITS + 1) * SUB + Math.floor(value / 2 ** (exponent - SUB_BITS)) - SUB;
}

function upperBoundOf(index: number): number {
  if (index < SUB) return index + 1;
  const exponent = Math.floor(index / SUB) + SUB_BITS - 1;
  return 2 ** (exponent - SUB_BITS) * (SUB + (index % SUB) + 1);
}

const BOUNDS = Float64Array.from(DURATION_BOUNDS_MS);

/** Of each bucket the bound that it is cut in two by, or -1. No bucket has two. */
const BOUND_WITHIN = new Int8Array(BUCKETS).fill(-1);
for (const [bound, boundMs] of DURATION_BOUNDS_MS.entries()) BOUND_WITHIN[bucketOf(boundMs * 1000)] = bound;
