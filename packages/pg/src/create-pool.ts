import { LifeguardPool } from './lifeguard-pool.ts';
import type { LifeguardPoolOptions } from './pool-config.ts';

/** The same as `new LifeguardPool(options)`. */
export function createPool(options?: LifeguardPoolOptions): LifeguardPool {
  return new LifeguardPool(options);
}
