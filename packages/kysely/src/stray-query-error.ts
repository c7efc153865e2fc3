import { LifeguardError, formatCallSite } from '@lifeguard/core';
import { readStack, stackText } from '@lifeguard/core/adapter';
import type { CallSite } from '@lifeguard/core';
import type { TransactionLevel } from './transaction-level.ts';

/** A query with the instance inside a managed transaction, as data. */
export interface StrayQueryReport {
  readonly code: 'LG_STRAY_QUERY';
  /** Where the query was run. */
  readonly site: CallSite | undefined;
  readonly frames: readonly CallSite[];
  /** Name of the managed transaction, if it has one. */
  readonly transaction: string | undefined;
  /** Where the managed transaction was called. */
  readonly begunAt: CallSite | undefined;
  readonly begunFrames: readonly CallSite[];
}

/** A query was run with the instance inside a managed transaction, where `strayQueries` forbids it. Nothing was sent. */
export class StrayQueryError extends LifeguardError {
  readonly report: StrayQueryReport;

  constructor(report: StrayQueryReport) {
    const name = report.transaction === undefined ? '' : ` "${report.transaction}"`;
    super('LG_STRAY_QUERY', {
      summary: `a query inside managedTransaction()${name} is not part of the transaction`,
      rows: [
        ['you', places(report.frames)],
        ['inside', ['the transaction begun at', ...places(report.begunFrames)]],
        [
          'likely',
          'it was run with the instance, instead of with the transaction that the callback is given',
        ],
        [
          'fix',
          "pass the transaction on, or let it join (strayQueries: 'join'); outsideSession(() => …) where it is meant to be apart",
        ],
      ],
    });
    this.report = report;
  }
}

/** `stack` is that of the caller, where there was time to take it. */
export function strayQueryReport(level: TransactionLevel, stack: Error | undefined): StrayQueryReport {
  const stray = stack === undefined ? undefined : readStack(stackText(stack));
  const begun = level.session?.trace;
  return Object.freeze({
    code: 'LG_STRAY_QUERY',
    site: stray?.site,
    frames: stray?.frames ?? [],
    transaction: level.session?.name,
    begunAt: begun?.site,
    begunFrames: begun?.frames ?? [],
  });
}

function places(frames: readonly CallSite[]): string[] {
  return frames.length === 0 ? [formatCallSite(undefined)] : frames.slice(0, 4).map(formatCallSite);
}
