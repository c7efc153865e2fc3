import { TimeLimitError } from './bounded.ts';
import { formatPlace } from './call-site.ts';
import type { ConnectFailure } from './connector.ts';
import { diagnose } from './diagnosis.ts';
import type { Scene } from './diagnosis.ts';
import { describeFailure, formatDuration, moreRow, renderReport, renderRows } from './error-report.ts';
import type { ReportRow } from './error-report.ts';
import { AcquireTimeoutError, ConnectError, OverloadedError, QueueFullError } from './errors.ts';
import type { ErrorCode } from './errors.ts';
import { formatHolder } from './holders.ts';
import { siteOfOrigin } from './lease-record.ts';
import type { LeaseOrigin } from './lease-record.ts';
import { stackText, withoutStack } from './stack-recorder.ts';
import type { PoolCounts } from './snapshot.ts';

/** Places listed in an error; the rest is summed up. */
const MAX_HOLDERS = 5;

/** What a caller is told of itself where {@link Caller.isDescribed} says that it is not looked up. */
const NOT_DESCRIBED = 'not looked up: too many callers were turned away within this second';

/** Who is turned away. */
export interface Caller {
  readonly origin: LeaseOrigin;
  /** Whether the stacks of its call and its session are read, which takes longer than all the rest. */
  readonly isDescribed: boolean;
}

/** The pool had no connection to give: says who holds them, and whether it looks like a leak or like load. */
export function acquireTimeoutError(scene: Scene, caller: Caller): AcquireTimeoutError {
  const text = textOf('LG_ACQUIRE_TIMEOUT', scene, caller, ({ counts, waitedMs }) => {
    return `no connection from pool "${counts.name}" within ${formatDuration(waitedMs)}`;
  });
  const { counts: pool, waitedMs, holders } = scene;
  return turnedAway(caller, () => new AcquireTimeoutError({ ...text, pool, waitedMs, holders }));
}

/** Nobody else may wait. */
export function queueFullError(scene: Scene, caller: Caller, maxWaiting: number): QueueFullError {
  const text = textOf('LG_QUEUE_FULL', scene, caller, ({ counts }) => {
    return `pool "${counts.name}" has ${counts.pending} callers waiting, its limit is ${maxWaiting}`;
  });
  const { counts: pool, holders } = scene;
  return turnedAway(caller, () => new QueueFullError({ ...text, pool, holders }));
}

/** What an {@link OverloadedError} says besides the scene. */
export type Overload = Pick<
  OverloadedError,
  'reason' | 'waitedMs' | 'expectedWaitMs' | 'arrivalsPerSecond' | 'servedPerSecond' | 'retryAfterMs'
>;

/** More come than are served, or this one could not have made use of what it got. */
export function overloadedError(scene: Scene, caller: Caller, overload: Overload): OverloadedError {
  const { reason, arrivalsPerSecond, servedPerSecond } = overload;
  const summarize = ({ counts: { name } }: Scene): string =>
    reason === 'excess'
      ? `pool "${name}" is overloaded: ${rateOf(arrivalsPerSecond)} callers come a second, ${rateOf(servedPerSecond)} are served`
      : `pool "${name}" had no connection in time: what is left of the session is too short to use one`;
  const text = textOf('LG_OVERLOADED', scene, caller, summarize, reason);
  const { counts: pool, holders } = scene;
  return turnedAway(caller, () => new OverloadedError({ ...overload, ...text, pool, holders }));
}

/**
 * Thousands may be turned away in one turn, and none takes a stack: it would be that of a timer or a release. The one that
 * helps is that of the call which waited, where it was recorded.
 */
function turnedAway<E extends Error>({ origin, isDescribed }: Caller, make: () => E): E {
  const error = withoutStack(make);
  const recorded = origin.stack === undefined || !isDescribed ? '' : stackText(origin.stack);
  const frames = recorded.slice(recorded.indexOf('\n    at '));
  if (frames.startsWith('\n    at ')) error.stack = `${error.name}: ${error.message}${frames}`;
  return error;
}

interface ErrorText {
  readonly summary: string;
  readonly message: string;
}

/** What is put together once for all who are turned away in the same scene. */
interface SceneText {
  readonly pool: string;
  readonly rest: string;
  /** The whole text, for all who say nothing of themselves and are not looked up. */
  readonly ofMany: Map<string, ErrorText>;
}

const texts = new WeakMap<Scene, SceneText>();

function textOf(
  code: ErrorCode,
  scene: Scene,
  caller: Caller,
  summarize: (scene: Scene) => string,
  variant = '',
): ErrorText {
  let shared = texts.get(scene);
  if (shared === undefined) texts.set(scene, (shared = describeScene(scene)));
  const isOneOfMany = caller.origin.label === undefined && !caller.isDescribed;
  const known = isOneOfMany ? shared.ofMany.get(code + variant) : undefined;
  if (known !== undefined) return known;
  const summary = summarize(scene);
  const [you, more] = [renderRows([youRow(caller)]), renderRows([moreRow(code)])];
  const text = { summary, message: `${renderReport(summary, [])}${shared.pool}${you}${shared.rest}${more}` };
  if (isOneOfMany) shared.ofMany.set(code + variant, text);
  return text;
}

function describeScene(scene: Scene): SceneText {
  const { likely, fix } = diagnose(scene);
  return {
    pool: renderRows([poolRow(scene.counts)]),
    rest: renderRows([...holderRows(scene), ['likely', likely], ['fix', fix]]),
    ofMany: new Map(),
  };
}

function rateOf(perSecond: number): string {
  return String(perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond));
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

function poolRow(counts: PoolCounts): ReportRow {
  const parts = [`${counts.used}/${counts.max} used`, `${counts.idle} idle`];
  if (counts.connecting > 0) parts.push(`${counts.connecting} connecting`);
  if (counts.resetting > 0) parts.push(`${counts.resetting} resetting`);
  if (counts.closing > 0) parts.push(`${counts.closing} closing`);
  parts.push(`${counts.pending} pending (oldest ${formatDuration(counts.oldestWaitMs)})`);
  return ['pool', parts.join(', ')];
}

function youRow({ origin, isDescribed }: Caller): ReportRow {
  if (isDescribed) return ['you', formatPlace(origin.label, siteOfOrigin(origin))];
  return ['you', origin.label ?? NOT_DESCRIBED];
}

function holderRows(scene: Scene): ReportRow[] {
  if (scene.holders.length === 0) return [];
  const lines = scene.holders.slice(0, MAX_HOLDERS).map(formatHolder);
  const rest = scene.holders.length - lines.length;
  if (rest > 0) lines.push(`and ${rest} more ${rest === 1 ? 'place' : 'places'}`);
  return [['holders', lines]];
}
