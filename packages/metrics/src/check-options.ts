import { InvalidOptionError, closest } from '@lifeguard/core';
import type { MetricsPools } from './metrics-pool.ts';

/** Throws `LG_INVALID_OPTION` for a key that is no option. */
export function refuseUnknown(options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const near = closest(key, known);
    const hint = near === undefined ? '' : `, did you mean "${near}"?`;
    throw new InvalidOptionError(key, `left out: there is no such option${hint}`, undefined, 'a value');
  }
}

/** Throws `LG_INVALID_OPTION` for what is neither a list nor a function. */
export function checkPools(pools: MetricsPools | undefined): void {
  if (pools === undefined || typeof pools === 'function') return;
  if (typeof Reflect.get(Object(pools), Symbol.iterator) === 'function') return;
  throw new InvalidOptionError('pools', 'a list of pools, or a function that returns one', pools);
}
