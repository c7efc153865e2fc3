import { InvalidOptionError } from '@lifeguard/core';

/** The longest that the server takes for a limit. */
const MOST_MS = 2_147_483_647;

/** Throws `LG_INVALID_OPTION` unless it is a time limit. */
export function checkLimit(option: string, value: unknown): void {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_MS) return;
  throw new InvalidOptionError(option, 'a whole number of milliseconds, 1 or more', value);
}
