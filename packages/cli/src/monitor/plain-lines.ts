import type { PoolState } from '../pool-state.ts';
import type { Sighting } from './line-monitor.ts';
import { ratesOf, suspectedOf } from './look.ts';
import type { Rates } from './rates.ts';
import { shown } from './text-width.ts';

/** One look as lines for a log: one for each pool, or one that says why nothing was seen. Names and values, durations in ms. */
export function plainLines(sighting: Sighting, wallTime: number): readonly string[] {
  const at = new Date(wallTime).toISOString();
  if (sighting.kind === 'lost') return [`${at} lost=${quoted(sighting.why)}`];
  const { look, before } = sighting;
  const pid = look.application.pid ?? '-';
  if (look.pools.length === 0) return [`${at} pid=${pid} pools=0`];
  return look.pools.map((pool) => {
    const rates = ratesOf(before, look, pool.snapshot.name);
    return `${at} pid=${pid} ${wordsOf(pool, rates)}`;
  });
}

function wordsOf(pool: PoolState, rates: Rates | undefined): string {
  const { name, used, max, idle, overflow, pending, oldestWaitMs, waitTime, useTime, counters } =
    pool.snapshot;
  const words: readonly (readonly [string, string])[] = [
    ['pool', quoted(shown(name))],
    ['health', pool.health],
    ['used', numeral(used)],
    ['max', numeral(max)],
    ['idle', numeral(idle)],
    ['overflow', numeral(overflow)],
    ['pending', numeral(pending)],
    ['oldest_wait_ms', numeral(oldestWaitMs)],
    ['checkout_avg_ms', numeral(waitTime.meanMs)],
    ['checkout_p95_ms', numeral(waitTime.p95Ms)],
    ['held_avg_ms', numeral(useTime.meanMs)],
    ['held_p95_ms', numeral(useTime.p95Ms)],
    ['acquires_per_s', numeral(rates?.acquiredPerSecond)],
    ['timeouts', numeral(counters.timeouts)],
    ['new_timeouts', numeral(rates?.timeouts)],
    ['leaks', numeral(suspectedOf(pool))],
  ];
  return words.map(([key, value]) => `${key}=${value}`).join(' ');
}

/** With one digit behind the point at most; `-` for what is no number, such as a limit that is none. */
function numeral(value: unknown): string {
  return typeof value === 'number' ? String(Math.round(value * 10) / 10) : '-';
}

/** In quotes where it would not be one word. */
function quoted(text: string): string {
  return /^[\w.:/@-]+$/.test(text) ? text : JSON.stringify(text);
}
