import type { Random } from '@lifeguard/core';

/** One piece of work that somebody asks for. */
export interface Job {
  /** Milliseconds after the one before it. */
  readonly afterMs: number;
  /** Its result is worth nothing later than this after it was asked for. */
  readonly deadlineMs: number;
  /** How long it needs a connection. */
  readonly serviceMs: number;
}

/** `equal`: the same deadline and service time for all; `mixed`: anything from a fifth of it to twice as much, and the service time varies. */
export type Mix = 'equal' | 'mixed';

export const SERVICE_MS = 20;
const DEADLINE_MS = 500;

/** Jobs as they come from many callers who know nothing of each other (Poisson), so many a second. */
export function* jobs(
  random: Random,
  mix: Mix,
  perSecond: number,
  serviceMs = SERVICE_MS,
): Generator<Job, never, void> {
  const exponential = (mean: number): number => -Math.log(1 - random.next()) * mean;
  for (;;) {
    yield {
      afterMs: exponential(1_000 / perSecond),
      deadlineMs: mix === 'equal' ? DEADLINE_MS : DEADLINE_MS * (0.2 + 1.8 * random.next()),
      serviceMs: mix === 'equal' ? serviceMs : exponential(serviceMs),
    };
  }
}
