import { unknownOptionError } from './errors.ts';
import type { PoolOptions, ResolvedPoolOptions } from './pool-options.ts';
import { resolvePoolOptions } from './resolve-pool-options.ts';

/** How many connections a pool may have; what is left out stays as it is. */
export interface PoolSize {
  /** Base size, 1 or more. */
  readonly size?: number;
  /** Further connections for a burst, 0 or more. */
  readonly maxOverflow?: number;
}

/** Options that stay as they are for the life of a pool; for the others ask its {@link PoolCapacity}. */
export type FixedPoolOptions = Omit<ResolvedPoolOptions, 'size' | 'maxOverflow'>;

/** How many connections there may be. To be read anew at each use: `resize` changes it while the pool works. */
export class PoolCapacity {
  #size: number;
  #maxOverflow: number;
  #leftOver = 0;
  #isLowered = false;

  constructor({ size, maxOverflow }: ResolvedPoolOptions) {
    this.#size = size;
    this.#maxOverflow = maxOverflow;
  }

  /** Base size. */
  get size(): number {
    return this.#size;
  }

  get maxOverflow(): number {
    return this.#maxOverflow;
  }

  /** Base size and overflow: no connection is opened while there are as many. */
  get max(): number {
    return this.#size + this.#maxOverflow;
  }

  /** Whether there may be more than `max`, since it was lowered. */
  get isLowered(): boolean {
    return this.#isLowered;
  }

  /** How many there may be at most at this moment; more than `max` where it was lowered below what there was. */
  get ceiling(): number {
    return Math.max(this.max, this.#leftOver);
  }

  /** `present` is how many there are now: nobody loses a connection to a lower limit. */
  change({ size, maxOverflow }: ResolvedPoolOptions, present: number): void {
    this.#size = size;
    this.#maxOverflow = maxOverflow;
    this.#leftOver = present;
    this.#isLowered = present > this.max;
  }
}

/** The options of a pool with another size. Throws `LG_INVALID_OPTION`, also for anything but a size. */
export function resized(options: ResolvedPoolOptions, to: PoolSize): ResolvedPoolOptions {
  const { size = options.size, maxOverflow = options.maxOverflow, ...others } = to;
  for (const [name, value] of Object.entries(others))
    throw unknownOptionError(name, ' (a pool is resized by "size" and "maxOverflow")', value);
  // A tag that is not set is there all the same.
  return resolvePoolOptions({ ...options, size, maxOverflow } as PoolOptions);
}
