import { formatDuration } from '../../error-report.ts';
import type { PoolWindow } from '../pool-window.ts';
import type { Recommendation } from '../recommendation.ts';
import { NOTHING, roomFor } from '../situation.ts';
import type { Situation } from '../situation.ts';

/** A pool that is waited for in fewer samples than this has a peak now and then, which a queue is for. */
const OFTEN_PENDING = 0.25;
/** With fewer leases than this the average says nothing. */
const FEWEST_LEASES = 50;
/** Only a pool that has been watched for this long can be called too large: peaks come seldom. */
const LONG_MS = 300_000;
/** Smaller ones are not worth a word. */
const SMALLEST_TOO_LARGE = 6;
const OVERFLOW_ALWAYS = 0.9;
const LEAST_SAMPLES = 12;
/** Where so much of what is in use is suspected of being leaked, no size is right. */
const LEAKED_SHARE = 0.2;

/** Callers often wait, and what they wait for is work, not a leak: the load is more than the pool can hold. */
export function poolTooSmall({ pool, window, server }: Situation): readonly Recommendation[] {
  if (window === undefined || window.acquired < FEWEST_LEASES) return NOTHING;
  const isShort = window.pendingShare >= OFTEN_PENDING || window.timeouts + window.shed > 0;
  const wanted = sizeFor(window.offeredLoad);
  if (!isShort || isLeaking(pool) || wanted <= pool.max) return NOTHING;
  const room = server === undefined ? Infinity : roomFor(server);
  const evidence = [
    `${perSecond(window)} acquires per second, each held for ${formatDuration(window.meanHeldMs)} on average: ${oneDigit(window.offeredLoad)} connections at any moment (Little's law)`,
    `callers waited in ${percent(window.pendingShare)} of ${window.samples} looks, up to ${formatDuration(window.longestWaitMs)}`,
  ];
  if (wanted <= room) return [grow(pool, wanted, evidence)];
  const left = `the server has room for ${room} of this pool's`;
  return [{ ...grow(pool, wanted, [...evidence, left]), ...CANNOT_GROW }];
}

const CANNOT_GROW = {
  change:
    'hold connections for less long (see the places that hold longest), or put a pooler in front of the server: there is no room for a larger pool',
  risk: 'none to the server; raising the size instead makes it refuse connections (53300)',
} as const;

function grow({ max, size }: Situation['pool'], wanted: number, evidence: readonly string[]): Recommendation {
  return {
    rule: 'pool-too-small',
    severity: 'warning',
    summary: `the pool of ${max} is smaller than its load, which wants ${wanted}`,
    evidence,
    change: `raise size from ${size} to ${wanted}`,
    risk: 'more connections make the server slower once they exceed what its processors and disks can do at the same time',
  };
}

/** Half of it has never been used, for minutes. */
export function poolTooLarge({ pool, window }: Situation): readonly Recommendation[] {
  if (window === undefined || window.lengthMs < LONG_MS || window.acquired < FEWEST_LEASES) return NOTHING;
  const { size } = pool;
  const open = pool.used + pool.idle;
  if (size < SMALLEST_TOO_LARGE || window.peakUsed * 2 >= size || open * 2 < size) return NOTHING;
  const wanted = Math.max(2, Math.ceil(window.peakUsed * 1.5));
  return [
    {
      rule: 'pool-too-large',
      severity: 'info',
      summary: `of ${size} connections no more than ${window.peakUsed} were used at once in ${formatDuration(window.lengthMs)}`,
      evidence: [
        `${oneDigit(window.meanUsed)} in use on average, ${window.peakUsed} at the most, ${open} open now`,
      ],
      change: `lower size to ${wanted} and leave the rest as maxOverflow`,
      risk: 'a peak that this window has not seen opens overflow connections first',
    },
  ];
}

/** The base size is not what is used in normal times. */
export function overflowInUse({ pool, window }: Situation): readonly Recommendation[] {
  if (window === undefined || window.samples < LEAST_SAMPLES || window.overflowShare < OVERFLOW_ALWAYS)
    return NOTHING;
  if (isLeaking(pool)) return NOTHING;
  const wanted = Math.min(pool.max, Math.max(pool.size + 1, Math.ceil(window.meanUsed)));
  return [
    {
      rule: 'overflow-in-use',
      severity: 'warning',
      summary: `the overflow is always in use: ${pool.size} is not the size of this pool`,
      evidence: [
        `connections above the base size in ${percent(window.overflowShare)} of ${window.samples} looks`,
        `${window.connected} connections were opened for ${window.acquired} acquires`,
      ],
      change: `raise size from ${pool.size} to ${wanted}, and lower maxOverflow to ${pool.max - wanted}`,
      risk: 'none at the peak, which stays the same; in quiet times the connections stay open',
    },
  ];
}

/** Connections for this load, on average, with room for its swings: the square-root rule of staffing (Halfin & Whitt, 1981). */
function sizeFor(load: number): number {
  return Math.ceil(load + Math.sqrt(load));
}

function isLeaking({ leases, used }: Situation['pool']): boolean {
  return leases.filter(({ suspected }) => suspected).length > used * LEAKED_SHARE;
}

function perSecond({ acquired, lengthMs }: PoolWindow): string {
  return oneDigit((acquired * 1_000) / lengthMs);
}

function oneDigit(value: number): string {
  return value.toFixed(1);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
