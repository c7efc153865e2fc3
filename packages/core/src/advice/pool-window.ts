import type { PoolSample } from './pool-history.ts';

/** Less is a moment and not a past: nothing is concluded from it. */
const SHORTEST_MS = 10_000;

/** What happened in a pool between two instants. */
export interface PoolWindow {
  readonly lengthMs: number;
  readonly samples: number;
  /** Acquires that were granted, that timed out, and that were turned away before their time. */
  readonly acquired: number;
  readonly timeouts: number;
  readonly shed: number;
  readonly connected: number;
  readonly connectFailures: number;
  readonly pingFailures: number;
  readonly nested: number;
  readonly deadlocks: number;
  /** How long a lease was held, on average of those that ended. Milliseconds. */
  readonly meanHeldMs: number;
  readonly meanWaitMs: number;
  /** Connections in use on average, by Little's law: what was held, divided by the time in which it was. */
  readonly meanUsed: number;
  /** As if nobody had been turned away: all who came, times how long each would have held. */
  readonly offeredLoad: number;
  readonly peakUsed: number;
  /** The longest that anybody was seen waiting. Milliseconds. */
  readonly longestWaitMs: number;
  /** Shares of the samples, from 0 to 1. */
  readonly overflowShare: number;
  readonly pendingShare: number;
  /** Share of the time in which the event loop was blocked, from 0 to 1. */
  readonly blockedShare: number;
}

/**
 * Puts samples together, oldest first. `undefined` for less than ten seconds.
 *
 * Little's law (L = λ·W) holds for whatever happens inside; that leases are still open at either end makes an error of at
 * most what those were held for, which over a minute is small beside the sum.
 */
export function windowOf(samples: readonly PoolSample[]): PoolWindow | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < SHORTEST_MS) return undefined;
  const lengthMs = last.at - first.at;
  const since = (name: keyof PoolSample['counters']): number => last.counters[name] - first.counters[name];
  const heldMs = last.heldMs - first.heldMs;
  const meanHeldMs = ratio(heldMs, last.ended - first.ended);
  const came = since('acquired') + since('timeouts') + since('shed');
  const recent = samples.slice(1);
  return Object.freeze({
    lengthMs,
    samples: recent.length,
    acquired: since('acquired'),
    timeouts: since('timeouts'),
    shed: since('shed'),
    connected: since('connected'),
    connectFailures: since('connectFailures'),
    pingFailures: since('pingFailures'),
    nested: since('nested'),
    deadlocks: since('deadlocks'),
    meanHeldMs,
    meanWaitMs: ratio(last.waitedMs - first.waitedMs, last.waits - first.waits),
    meanUsed: heldMs / lengthMs,
    offeredLoad: (came * meanHeldMs) / lengthMs,
    peakUsed: Math.max(...recent.map(({ peakUsed }) => peakUsed)),
    longestWaitMs: Math.max(...recent.map(({ oldestWaitMs }) => oldestWaitMs)),
    overflowShare: ratio(recent.filter(({ overflow }) => overflow > 0).length, recent.length),
    pendingShare: ratio(recent.filter(({ pending }) => pending > 0).length, recent.length),
    blockedShare: Math.min(1, (last.blockedMs - first.blockedMs) / lengthMs),
  });
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
