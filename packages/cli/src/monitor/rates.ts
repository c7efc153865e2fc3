import type { PoolSnapshot } from '@lifeguard/core';

/** What happened between two looks at a pool. */
export interface Rates {
  readonly elapsedMs: number;
  readonly acquiredPerSecond: number;
  readonly timeouts: number;
  /** How long those waited on average that got a connection; `undefined` when nobody did. Milliseconds. */
  readonly meanWaitMs: number | undefined;
  /** How long those were held on average that came back; `undefined` when none did. Milliseconds. */
  readonly meanHeldMs: number | undefined;
}

/** The rates between two snapshots; `undefined` where the later one counts from anew, as after a restart. */
export function ratesBetween(before: PoolSnapshot, after: PoolSnapshot): Rates | undefined {
  const elapsedMs = Date.parse(after.at) - Date.parse(before.at);
  const acquired = after.counters.acquired - before.counters.acquired;
  const timeouts = after.counters.timeouts - before.counters.timeouts;
  const isAnew = acquired < 0 || timeouts < 0 || after.counters.released < before.counters.released;
  if (isAnew || !(elapsedMs > 0)) return undefined;
  return {
    elapsedMs,
    acquiredPerSecond: acquired / (elapsedMs / 1_000),
    timeouts,
    meanWaitMs: meanOf(before.waitTime, after.waitTime),
    meanHeldMs: meanOf(before.useTime, after.useTime),
  };
}

type Durations = Pick<PoolSnapshot['waitTime'], 'count' | 'sumMs'>;

function meanOf(before: Durations, after: Durations): number | undefined {
  const count = after.count - before.count;
  return count > 0 ? Math.max(0, after.sumMs - before.sumMs) / count : undefined;
}

/** A rate as text: a digit behind the point where there are few. */
export function rateText(perSecond: number): string {
  return `${perSecond < 100 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`;
}
