import { DURATION_BOUNDS_MS } from '@lifeguard/core/adapter';
import type { DurationKind } from '@lifeguard/core';

/** A duration that was counted, and the trace it is of. */
export interface Exemplar {
  readonly traceId: string;
  readonly spanId: string;
  readonly ms: number;
  /** When it was counted, in milliseconds of Unix time. */
  readonly at: number;
}

/** The latest of each bucket: by the first bound that it does not exceed, and last what exceeds all. */
export type BucketExemplars = readonly (Exemplar | undefined)[];

/** Those of one pool, by what was measured. */
export type PoolExemplars = ReadonlyMap<DurationKind, BucketExemplars>;

const keepers = new Set<ExemplarKeeper>();

/** What is kept of this pool; `undefined` where nobody knows which traces its durations are of. */
export function exemplarsOf(pool: object): PoolExemplars | undefined {
  for (const keeper of keepers) {
    const kept = keeper.of(pool);
    if (kept !== undefined) return kept;
  }
  return undefined;
}

/** Keeps the latest exemplar of each bucket, for the text of the metrics to show, until it is stopped. */
export class ExemplarKeeper {
  /** Weak: whoever drops a pool without closing it is rid of it. */
  readonly #pools = new WeakMap<object, Map<DurationKind, (Exemplar | undefined)[]>>();

  constructor() {
    keepers.add(this);
  }

  of(pool: object): PoolExemplars | undefined {
    return this.#pools.get(pool);
  }

  keep(pool: object, of: DurationKind, exemplar: Exemplar): void {
    const kept = this.#pools.get(pool) ?? new Map<DurationKind, (Exemplar | undefined)[]>();
    const buckets =
      kept.get(of) ?? Array.from<Exemplar | undefined>({ length: DURATION_BOUNDS_MS.length + 1 });
    const first = DURATION_BOUNDS_MS.findIndex((bound) => exemplar.ms <= bound);
    buckets[first < 0 ? DURATION_BOUNDS_MS.length : first] = exemplar;
    this.#pools.set(pool, kept.set(of, buckets));
  }

  stop(): void {
    keepers.delete(this);
  }
}
