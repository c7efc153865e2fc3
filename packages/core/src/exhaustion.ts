import { TimeLimitError } from './bounded.ts';
import { formatCallSite } from './call-site.ts';
import type { ConnectFailure } from './connector.ts';
import { diagnose } from './diagnosis.ts';
import type { Scene } from './diagnosis.ts';
import { describeFailure, formatDuration } from './error-report.ts';
import type { ReportRow } from './error-report.ts';
import { AcquireTimeoutError, ConnectError, QueueFullError } from './errors.ts';
import { formatHolder } from './holders.ts';
import { siteOfOrigin } from './lease-record.ts';
import type { LeaseOrigin } from './lease-record.ts';
import { stackText } from './stack-recorder.ts';
import type { PoolCounts } from './snapshot.ts';

/** Places listed in an error; the rest is summed up. */
const MAX_HOLDERS = 5;

/** The pool had no connection to give: says who holds them, and whether it looks like a leak or like load. */
export function acquireTimeoutError(scene: Scene, origin: LeaseOrigin): AcquireTimeoutError {
  const error = new AcquireTimeoutError({
    summary: `no connection from pool "${scene.counts.name}" within ${formatDuration(scene.waitedMs)}`,
    rows: rowsOf(scene, origin),
    pool: scene.counts,
    waitedMs: scene.waitedMs,
    holders: scene.holders,
  });
  return withCallersStack(error, origin);
}

/** Nobody else may wait. */
export function queueFullError(scene: Scene, origin: LeaseOrigin, maxWaiting: number): QueueFullError {
  const error = new QueueFullError({
    summary: `pool "${scene.counts.name}" has ${scene.counts.pending} callers waiting, its limit is ${maxWaiting}`,
    rows: rowsOf(scene, origin),
    pool: scene.counts,
    holders: scene.holders,
  });
  return withCallersStack(error, origin);
}

/** An error made in a timer has a stack of timers; the one that helps is that of the call which waited. */
function withCallersStack<E extends Error>(error: E, origin: LeaseOrigin): E {
  const recorded = origin.stack === undefined ? '' : stackText(origin.stack);
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
    code: cause instanceof TimeLimitError ? 'LG_CONNECT_TIMEOUT' : (explained?.code ?? 'LG_CONNECT_FAILED'),
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

function rowsOf(scene: Scene, origin: LeaseOrigin): ReportRow[] {
  const { likely, fix } = diagnose(scene);
  return [poolRow(scene.counts), youRow(origin), ...holderRows(scene), ['likely', likely], ['fix', fix]];
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
  return ['you', origin.label ?? formatCallSite(siteOfOrigin(origin))];
}

function holderRows(scene: Scene): ReportRow[] {
  if (scene.holders.length === 0) return [];
  const lines = scene.holders.slice(0, MAX_HOLDERS).map(formatHolder);
  const rest = scene.holders.length - lines.length;
  if (rest > 0) lines.push(`and ${rest} more ${rest === 1 ? 'place' : 'places'}`);
  return [['holders', lines]];
}
