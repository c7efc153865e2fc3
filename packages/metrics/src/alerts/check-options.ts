import { InvalidOptionError, closest } from '@lifeguard/core';

/** Throws `LG_INVALID_OPTION` for a key that is no option. */
export function refuseUnknown(prefix: string, options: object, known: readonly string[]): void {
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

/** Throws `LG_INVALID_OPTION`. */
export function checkNumber(option: string, value: number, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new InvalidOptionError(option, `a number from ${least} to ${most}`, value);
}
