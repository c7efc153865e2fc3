import type { Clock } from './clock.ts';
import { InvalidOptionError } from './errors.ts';

/** How often a transaction that lost against another one is tried again. */
export interface RetryOptions {
  /** Further tries after the first; a whole number. */
  readonly limit: number;
  /**
   * Upper limit of the pause before the second try; it doubles with each. The pause is drawn at random below it, so that
   * those who collided do not meet again.
   * @default 20
   */
  readonly baseMs?: number;
  /** @default 1000 */
  readonly maxMs?: number;
}

/** Serialization failure and deadlock: the server has rolled back, and says that trying again may succeed. */
const RETRYABLE: ReadonlySet<unknown> = new Set(['40001', '40P01']);

/** Whether the error is a serialization failure or a deadlock. `sqlState` is where mysql2 puts it. */
export function isRetryable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, sqlState, cause } = error as { code?: unknown; sqlState?: unknown; cause?: unknown };
  if (RETRYABLE.has(code) || RETRYABLE.has(sqlState)) return true;
  // A failure that was caught and then turned the COMMIT into a ROLLBACK.
  return code === 'LG_COMMIT_ROLLED_BACK' && isRetryable(cause);
}

/** The options, or no retry. Throws `LG_INVALID_OPTION`. */
export function checkRetry(retry: RetryOptions | undefined): RetryOptions {
  if (retry === undefined) return { limit: 0 };
  const { limit, baseMs, maxMs } = retry;
  if (!(Number.isInteger(limit) && limit >= 0))
    throw new InvalidOptionError('retry.limit', 'a whole number, 0 or more', limit);
  for (const [name, value] of Object.entries({ baseMs, maxMs })) {
    const valid = value === undefined || (Number.isFinite(value) && value >= 0);
    if (!valid) throw new InvalidOptionError(`retry.${name}`, 'a number of milliseconds, 0 or more', value);
  }
  return retry;
}

/** The pause before the next try, in milliseconds; `tries` have been made. */
export function pauseBefore(tries: number, retry: RetryOptions, random: number): number {
  return random * Math.min(retry.maxMs ?? 1_000, (retry.baseMs ?? 20) * 2 ** (tries - 1));
}

/** Resolves after `delayMs`. The caller races it against its own end. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(delayMs, resolve, { keepAlive: true });
  });
}
