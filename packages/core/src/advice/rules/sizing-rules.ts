import { formatDuration, formatShare } from '../../error-report.ts';
import { FEWEST_LEASES_FOR_SIZE, isMostlyLeaked, sizeForLoad } from '../../sizing.ts';
import type { PoolWindow } from '../pool-window.ts';
import type { Recommendation } from '../recommendation.ts';
import { NOTHING, roomFor } from '../situation.ts';
import type { Situation } from '../situation.ts';

/** A pool that is waited for in fewer samples than this has a peak now and then, which a queue is for. */
const OFTEN_PENDING = 0.25;
/** Only a pool that has been watched for this long can be called too large: peaks come seldom. */
const LONG_MS = 300_000;
/** Smaller ones are not worth a word. */
const SMALLEST_TOO_LARGE = 6;
const OVERFLOW_ALWAYS = 0.9;
const LEAST_SAMPLES = 12;

/** Callers often wait, and what they wait for is work, not a leak: the load is more than the pool can hold. */
export function poolTooSmall({ pool, window, server }: Situation): readonly Recommendation[] {
  if (window === undefined || window.acquired < FEWEST_LEASES_FOR_SIZE) return NOTHING;
  const isShort = window.pendingShare >= OFTEN_PENDING || window.timeouts + window.shed > 0;
  const wanted = sizeForLoad(window.offeredLoad);
  if (!isShort || isMostlyLeaked(pool) || wanted <= pool.max) return NOTHING;
  const room = server === undefined ? Infinity : roomFor(server);
  const evidence = [
    `${perSecond(window)} acquires per second, each held for ${formatDuration(window.meanHeldMs)} on average: ${oneDigit(window.offeredLoad)} connections at any moment (Little's law)`,
    `callers waited in ${formatShare(window.pendingShare)} of ${window.samples} looks, up to ${formatDuration(window.longestWaitMs)}`,
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

type Step = Pick<Recommendation, 'change' | 'risk'>;

function shrink(wanted: number): Step {
  return {
    change: `lower its size to ${wanted}`,
    risk: 'in a peak that this window has not seen, callers wait',
  };
}

function overflowRest(wanted: number): Step {
  return {
    change: `lower size to ${wanted} and leave the rest as maxOverflow`,
    risk: 'a peak that this window has not seen opens overflow connections first',
  };
}

/** Half of it has never been used, for minutes. */
export function poolTooLarge({ pool, window }: Situation): readonly Recommendation[] {
  if (window === undefined || window.lengthMs < LONG_MS || window.acquired < FEWEST_LEASES_FOR_SIZE)
    return NOTHING;
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
      ...(pool.watchedOnly ? shrink(wanted) : overflowRest(wanted)),
    },
  ];
}

/** The base size is not what is used in normal times. */
export function overflowInUse({ pool, window }: Situation): readonly Recommendation[] {
  if (window === undefined || window.samples < LEAST_SAMPLES || window.overflowShare < OVERFLOW_ALWAYS)
    return NOTHING;
  if (isMostlyLeaked(pool)) return NOTHING;
  const wanted = Math.min(pool.max, Math.max(pool.size + 1, Math.ceil(window.meanUsed)));
  return [
    {
      rule: 'overflow-in-use',
      severity: 'warning',
      summary: `the overflow is always in use: ${pool.size} is not the size of this pool`,
      evidence: [
        `connections above the base size in ${formatShare(window.overflowShare)} of ${window.samples} looks`,
        `${window.connected} connections were opened for ${window.acquired} acquires`,
      ],
      change: `raise size from ${pool.size} to ${wanted}, and lower maxOverflow to ${pool.max - wanted}`,
      risk: 'none at the peak, which stays the same; in quiet times the connections stay open',
    },
  ];
}

function perSecond({ acquired, lengthMs }: PoolWindow): string {
  return oneDigit((acquired * 1_000) / lengthMs);
}

function oneDigit(value: number): string {
  return value.toFixed(1);
}
