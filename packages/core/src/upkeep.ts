import type { CloseReason, PoolEntry } from './pool-entry.ts';
import type { FixedPoolOptions } from './pool-capacity.ts';

/** Node's timers count whole milliseconds, and may fire that much early. */
const TIMER_GRAIN_MS = 1;

/** What upkeep wants done now, and when it wants to be asked again. */
export interface UpkeepPlan<C> {
  readonly close: readonly (readonly [entry: PoolEntry<C>, reason: CloseReason])[];
  readonly ping: readonly PoolEntry<C>[];
  /** Instant; `Infinity` when nothing will be due. */
  readonly nextAt: number;
}

/**
 * Looks at the idle connections, the longest idle first, and decides which of them go: those over their lifetime, those
 * above the base size that have lingered long enough, those idle for too long; and which of the others want a keepalive.
 */
export function planUpkeep<C>(
  idle: Iterable<PoolEntry<C>>,
  counts: { readonly aboveSize: number; readonly idle: number },
  options: FixedPoolOptions,
  now: number,
): UpkeepPlan<C> {
  const close: [PoolEntry<C>, CloseReason][] = [];
  const ping: PoolEntry<C>[] = [];
  let nextAt = Infinity;
  let { aboveSize } = counts;
  let spare = counts.idle - options.minIdle;
  for (const entry of idle) {
    const verdict = judge(entry, { aboveSize, spare }, options);
    if (verdict.dueAt > now + TIMER_GRAIN_MS) {
      nextAt = Math.min(nextAt, verdict.dueAt);
      continue;
    }
    if (verdict.action === 'ping') {
      ping.push(entry);
      continue;
    }
    close.push([entry, verdict.action]);
    aboveSize -= 1;
    spare -= 1;
  }
  return { close, ping, nextAt };
}

interface Verdict {
  readonly action: CloseReason | 'ping';
  readonly dueAt: number;
}

/** What will happen to this entry next, and when. */
function judge<C>(
  entry: PoolEntry<C>,
  counts: { readonly aboveSize: number; readonly spare: number },
  options: FixedPoolOptions,
): Verdict {
  const verdicts: Verdict[] = [{ action: 'max-lifetime', dueAt: entry.expiresAt }];
  if (counts.spare > 0) {
    verdicts.push({ action: 'idle-timeout', dueAt: entry.idleSince + options.idleTimeoutMs });
    const overflow = { action: 'overflow', dueAt: entry.idleSince + options.overflowLingerMs } as const;
    if (counts.aboveSize > 0) verdicts.push(overflow);
  }
  if (options.keepaliveMs > 0) verdicts.push({ action: 'ping', dueAt: entry.provenAt + options.keepaliveMs });
  return verdicts.reduce((first, each) => (each.dueAt < first.dueAt ? each : first));
}
