import { formatCallSite } from './call-site.ts';
import type { CallSite } from './call-site.ts';
import type { Clock } from './clock.ts';
import { formatDuration, moreRow, renderReport } from './error-report.ts';
import type { ReportRow } from './error-report.ts';
import { NestedAcquireError } from './errors.ts';
import { siteOfOrigin } from './lease-record.ts';
import type { LeaseOrigin, LeaseRecord } from './lease-record.ts';
import { ReportLimiter } from './report-limiter.ts';
import { readRecordedStack } from './stack-recorder.ts';

/** What is done when code that holds a connection asks for another one of the same pool. */
export type NestedAcquirePolicy = 'off' | 'warn' | 'error';

/** A nested acquire, as data. */
export interface NestedAcquireReport {
  readonly code: 'LG_NESTED_ACQUIRE';
  readonly pool: string;
  /** Where the second connection was asked for. */
  readonly site: CallSite | undefined;
  readonly frames: readonly CallSite[];
  /** The lease that the calling block holds, and where it was acquired. */
  readonly heldLeaseId: number;
  readonly heldMs: number;
  readonly heldSite: CallSite | undefined;
  readonly heldFrames: readonly CallSite[];
}

/** Places that are remembered as warned of. */
const MAX_PAIRS = 500;

/** Decides what becomes of nested acquires. Each pair of places is warned of once in `reportIntervalMs`. */
export class NestedAcquires {
  readonly #poolName: string;
  readonly #clock: Clock;
  readonly #limiter: ReportLimiter;
  #count = 0;

  constructor(poolName: string, clock: Clock, reportIntervalMs: number) {
    this.#poolName = poolName;
    this.#clock = clock;
    this.#limiter = new ReportLimiter(reportIntervalMs, MAX_PAIRS);
  }

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  counted(): void {
    this.#count += 1;
  }

  /** The report to log; `undefined` when its two places were reported not long ago. */
  report(origin: LeaseOrigin, held: LeaseRecord): NestedAcquireReport | undefined {
    const report = reportOf(this.#poolName, origin, held, this.#clock.coarseNow());
    const pair = `${formatCallSite(report.site)} ${formatCallSite(report.heldSite)}`;
    return this.#limiter.admit(pair, this.#clock.coarseNow()) === undefined ? undefined : report;
  }

  error(origin: LeaseOrigin, held: LeaseRecord): NestedAcquireError {
    const report = reportOf(this.#poolName, origin, held, this.#clock.coarseNow());
    return new NestedAcquireError({ summary: summaryOf(report), rows: rowsOf(report), report });
  }
}

/** The innermost lease, open and of this pool, that the blocks around an acquire hold. */
export function innermostHeld(
  { holding }: LeaseOrigin,
  isOurs: (record: LeaseRecord) => boolean,
): LeaseRecord | undefined {
  for (let block = holding; block !== undefined; block = block.outer)
    if (isOurs(block.record)) return block.record;
  return undefined;
}

/** As people read it. */
export function formatNestedAcquire(report: NestedAcquireReport): string {
  return renderReport(`${report.code}: ${summaryOf(report)}`, [...rowsOf(report), moreRow(report.code)]);
}

function reportOf(pool: string, origin: LeaseOrigin, held: LeaseRecord, now: number): NestedAcquireReport {
  const { stack } = origin;
  const heldTrace = held.trace();
  return Object.freeze({
    code: 'LG_NESTED_ACQUIRE',
    pool,
    site: siteOfOrigin(origin),
    frames: stack === undefined ? [] : readRecordedStack(stack).frames,
    heldLeaseId: held.id,
    heldMs: held.heldMs(now),
    heldSite: heldTrace.site,
    heldFrames: heldTrace.frames,
  });
}

function summaryOf({ pool }: NestedAcquireReport): string {
  return `a connection of pool "${pool}" is asked for by code that holds one of it`;
}

function rowsOf({ frames, heldFrames, heldLeaseId, heldMs }: NestedAcquireReport): ReportRow[] {
  return [
    ['you', places(frames)],
    [
      'holding',
      [`lease #${heldLeaseId} since ${formatDuration(heldMs)}, acquired at`, ...places(heldFrames)],
    ],
    ['likely', 'a query with the pool inside a transaction or use() block, instead of with its connection'],
    ['fix', 'pass the connection on; as many of these at once as there are connections can never go on'],
  ];
}

function places(frames: readonly CallSite[]): string[] {
  return frames.length === 0 ? [formatCallSite(undefined)] : frames.slice(0, 4).map(formatCallSite);
}
