/** A time in which the event loop did not turn. */
export interface Stall {
  readonly from: number;
  readonly until: number;
}

/** A shorter stall is the life of a busy process; a longer one than the second counts as sleep. */
const BLOCKED_MS = 200;
export const FROZEN_MS = 5_000;

/** The age of something, without the stalls; of short ones, no more than half of it is left out. */
export function awakeMs(stalls: readonly Stall[], since: number, now: number): number {
  let frozenMs = 0;
  let blockedMs = 0;
  for (const { from, until } of stalls) {
    const ms = until - from;
    if (until <= since || ms < BLOCKED_MS) continue;
    if (ms >= FROZEN_MS) frozenMs += ms;
    else blockedMs += ms;
  }
  const awake = Math.max(0, now - since - frozenMs);
  return awake - Math.min(blockedMs, awake / 2);
}
