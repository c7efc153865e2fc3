import { InvalidOptionError } from '@lifeguard/core';
import { closest } from '@lifeguard/core/adapter';
import type { MetricsPools } from './metrics-pool.ts';

/** Throws `LG_INVALID_OPTION` for a key that is no option; `prefix` says whose options these are. */
export function refuseUnknown(options: object, known: readonly string[], prefix = ''): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const near = closest(key, known);
    const hint = near === undefined ? '' : `, did you mean "${near}"?`;
    throw new InvalidOptionError(
      prefix + key,
      `left out: there is no such option${hint}`,
      undefined,
      'a value',
    );
  }
}

/** Throws `LG_INVALID_OPTION` for what is neither a list nor a function. */
export function checkPools(pools: MetricsPools | undefined): void {
  if (pools === undefined || typeof pools === 'function') return;
  if (typeof Reflect.get(Object(pools), Symbol.iterator) === 'function') return;
  throw new InvalidOptionError('pools', 'a list of pools, or a function that returns one', pools);
}

/** Throws `LG_INVALID_OPTION`. */
export function checkNumber(option: string, value: number, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new InvalidOptionError(option, `a number from ${least} to ${most}`, value);
}
