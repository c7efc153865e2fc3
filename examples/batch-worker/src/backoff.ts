import { isLifeguardError } from '@lifeguard/core';

const BASE_MS = 100;
const MOST_MS = 10_000;

/**
 * How long to leave the database alone after so many failures in a row. It doubles, and half of it is chance, so that workers
 * which failed together do not come back together. Of an overload the pool knows how long it takes.
 */
export function backoffMs(error: unknown, failures: number, random: () => number = Math.random): number {
  const growing = Math.min(MOST_MS, BASE_MS * 2 ** (failures - 1));
  const asked =
    isLifeguardError(error, 'LG_OVERLOADED') && 'retryAfterMs' in error ? Number(error.retryAfterMs) : 0;
  return Math.max(asked, growing / 2) + (random() * growing) / 2;
}
