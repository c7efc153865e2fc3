import { formatCallSite } from './call-site.ts';
import type { ConnectFailure } from './connector.ts';
import { describeFailure, formatDuration } from './error-report.ts';
import type { ReportRow } from './error-report.ts';
import { AcquireTimeoutError, ConnectError, QueueFullError } from './errors.ts';
import { formatHolder } from './holders.ts';
import type { LeaseOrigin } from './lease-record.ts';
import type { HolderView, LeaseView, PoolCounts } from './snapshot.ts';
import { readRecordedStack } from './stack-recorder.ts';

/** Places listed in an error; the rest is summed up. */
const MAX_HOLDERS = 5;
/** A lease that has done nothing for this long is being held, not used. */
const HELD_IDLE_MS = 1_000;

/** What is known at the moment when an acquire is turned away. */
export interface Scene {
  readonly counts: PoolCounts;
  readonly leases: readonly LeaseView[];
  readonly holders: readonly HolderView[];
  readonly recentStallMs: number;
  readonly suspended: boolean;
}

/** The pool had no connection to give: says who holds them, and whether it looks like a leak or like load. */
export function acquireTimeoutError(
  scene: Scene,
  origin: LeaseOrigin,
  waitedMs: number,
): AcquireTimeoutError {
  const error = new AcquireTimeoutError({
    summary: `no connection from pool "${scene.counts.name}" within ${formatDuration(waitedMs)}`,
    rows: [poolRow(scene.counts), youRow(origin), ...holderRows(scene), ...diagnosisRows(scene)],
    pool: scene.counts,
    waitedMs,
    holders: scene.holders,
  });
  return withCallersStack(error, origin);
}

/** Nobody else may wait. */
export function queueFullError(scene: Scene, origin: LeaseOrigin, maxWaiting: number): QueueFullError {
  const error = new QueueFullError({
    summary: `pool "${scene.counts.name}" has ${scene.counts.pending} callers waiting, its limit is ${maxWaiting}`,
    rows: [poolRow(scene.counts), youRow(origin), ...holderRows(scene), ...diagnosisRows(scene)],
    pool: scene.counts,
    holders: scene.holders,
  });
  return withCallersStack(error, origin);
}

/** An error made in a timer has a stack of timers; the one that helps is that of the call which waited. */
function withCallersStack<E extends Error>(error: E, origin: LeaseOrigin): E {
  const recorded = origin.stack?.stack ?? '';
  const frames = recorded.slice(recorded.indexOf('\n    at '));
  if (frames.startsWith('\n    at ')) error.stack = `${error.name}: ${error.message}${frames}`;
  return error;
}

/** The database could not be reached; the pool itself had room. */
export function connectFailedError(
  counts: PoolCounts,
  failure: {
    readonly cause: unknown;
    readonly attempts: number;
    readonly explained: ConnectFailure | undefined;
  },
): ConnectError {
  const { cause, attempts, explained } = failure;
  return new ConnectError({
    ...(explained?.code === undefined ? {} : { code: explained.code }),
    summary: `pool "${counts.name}" cannot open a connection (${attempts} failed ${attempts === 1 ? 'try' : 'tries'}): ${describeFailure(cause)}`,
    rows: [
      poolRow(counts),
      ['likely', explained?.likely ?? 'the database is down, unreachable, or still starting'],
      [
        'fix',
        explained?.fix ?? 'check host, port and that the server runs; the pool itself is not exhausted',
      ],
    ],
    cause,
    pool: counts,
    attempts,
  });
}

/** Connections are being opened, but too slowly for this caller. */
export function connectTooSlowError(counts: PoolCounts, waitedMs: number): ConnectError {
  return new ConnectError({
    code: 'LG_CONNECT_TIMEOUT',
    summary: `pool "${counts.name}" has room, but no connection was opened within ${formatDuration(waitedMs)}`,
    rows: [
      poolRow(counts),
      ['likely', 'the network drops packets, or the server accepts and does not answer'],
      ['fix', 'check the path to the server; the pool itself is not exhausted'],
    ],
    pool: counts,
    attempts: 0,
  });
}

function poolRow(counts: PoolCounts): ReportRow {
  const parts = [`${counts.used}/${counts.max} used`, `${counts.idle} idle`];
  if (counts.connecting > 0) parts.push(`${counts.connecting} connecting`);
  if (counts.resetting > 0) parts.push(`${counts.resetting} resetting`);
  if (counts.closing > 0) parts.push(`${counts.closing} closing`);
  parts.push(`${counts.pending} pending (oldest ${formatDuration(counts.oldestWaitMs)})`);
  return ['pool', parts.join(', ')];
}

function youRow(origin: LeaseOrigin): ReportRow {
  const site = origin.stack === undefined ? origin.session?.trace.site : readRecordedStack(origin.stack).site;
  return ['you', origin.label ?? formatCallSite(site)];
}

function holderRows(scene: Scene): ReportRow[] {
  if (scene.holders.length === 0) return [];
  const lines = scene.holders.slice(0, MAX_HOLDERS).map(formatHolder);
  const rest = scene.holders.length - lines.length;
  if (rest > 0) lines.push(`and ${rest} more ${rest === 1 ? 'place' : 'places'}`);
  return [['holders', lines]];
}

/** The likely cause, hedged, from what the holders are doing; and what to do about that one. */
function diagnosisRows({ counts, leases, holders, recentStallMs, suspended }: Scene): ReportRow[] {
  if (suspended) {
    return [
      ['likely', 'the pool is suspended and grants nothing until it is resumed'],
      ['fix', 'see that resume() is called on every path after suspend()'],
    ];
  }
  const worst = holders[0];
  const place = worst === undefined ? 'the code' : (worst.label ?? formatCallSite(worst.site));
  const held = leases.filter((lease) => (lease.idleMs ?? 0) >= HELD_IDLE_MS);
  const suspected = held.filter((lease) => lease.suspected);
  if (suspected.length > 0) {
    const idleMs = Math.min(...suspected.map((lease) => lease.idleMs as number));
    return [
      [
        'likely',
        `leaked connections, not load: ${suspected.length} of ${counts.used} ran no query for over ${formatDuration(idleMs)}`,
      ],
      ['fix', `wrap ${place} in managedTransaction(); raising size only delays this`],
    ];
  }
  if (recentStallMs > 0) {
    return [
      [
        'likely',
        `the event loop was blocked for ${formatDuration(recentStallMs)}; answers could not be read meanwhile`,
      ],
      ['fix', 'move the computation off the event loop; the pool and the database may be well'],
    ];
  }
  if (held.length * 2 > leases.length) {
    return [
      [
        'likely',
        `connections are held, not used: ${held.length} of ${counts.used} ran no query for over ${formatDuration(HELD_IDLE_MS)}`,
      ],
      ['fix', `release before slow work that needs no database, beginning at ${place}`],
    ];
  }
  const active = leases.filter((lease) => lease.queryRunning).length;
  return [
    ['likely', `load or slow queries: ${active} of ${counts.used} are running a query`],
    ['fix', 'look at the slowest queries first; raise size only when they are as fast as they can be'],
  ];
}
