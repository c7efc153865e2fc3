import { resolve } from 'node:path';
import { adviseOnLease, describeLease, formatDuration, renderReport } from '@lifeguard/core/adapter';
import type { CallSite } from '@lifeguard/core';
import type { ReportRow } from '@lifeguard/core/adapter';
import type { LeakedLease } from './lease-ledger.ts';

/** Places whose leases are described; what comes behind them is counted. */
const MAX_PLACES = 10;
const MAX_FRAMES = 50;

/**
 * A test has not given back what it took. Its `stack` is that of the first acquire, so that a test runner shows that line of
 * the code.
 */
export class LeakedLeasesError extends Error {
  readonly code = 'LG_LEAK_SUSPECTED';
  /** In the order in which they were acquired. */
  readonly leases: readonly LeakedLease[];

  /** `when`: what had ended by then. `tests`: who may have taken them. */
  constructor(leases: readonly LeakedLease[], when: string, tests: readonly string[] = []) {
    super(formatLeaks(leases, when, tests));
    this.name = 'LeakedLeasesError';
    this.leases = leases;
    const frames = leases[0]?.frames ?? [];
    if (frames.length > 0)
      this.stack = [`${this.name}: ${this.message}`, ...frames.map(formatFrame)].join('\n');
  }
}

function formatLeaks(leases: readonly LeakedLease[], when: string, tests: readonly string[]): string {
  const count = leases.length === 1 ? '1 connection has' : `${leases.length} connections have`;
  const places = [...Map.groupBy(leases, placeOf).values()];
  const rows: ReportRow[] = places.slice(0, MAX_PLACES).flatMap(rowsOf);
  if (tests.length > 0) rows.unshift([tests.length === 1 ? 'by' : 'by one of', tests]);
  if (places.length > MAX_PLACES)
    rows.push(['besides', `those of ${places.length - MAX_PLACES} more places`]);
  rows.push(['more', 'docs/testing.md']);
  return renderReport(`LG_LEAK_SUSPECTED: ${count} not been given back ${when}`, rows);
}

function placeOf({ pool, label, frames }: LeakedLease): string {
  return JSON.stringify([pool, label, frames]);
}

/** What the leases of one place are, by the one that was acquired first. */
function rowsOf([lease, ...others]: readonly LeakedLease[]): ReportRow[] {
  if (lease === undefined) return [];
  const label = lease.label === undefined ? '' : ` (${lease.label})`;
  const more = others.length === 0 ? '' : `, and ${others.length} more of this place`;
  return [
    ['pool', `"${lease.pool}", lease #${lease.id}${label}${more}`],
    ['held', formatDuration(lease.heldMs)],
    ...describeLease(lease, MAX_FRAMES),
    ...adviseOnLease(lease),
  ];
}

/** As V8 writes it. */
function formatFrame({ file, line, column, functionName = '<anonymous>' }: CallSite): string {
  return `    at ${functionName} (${resolve(file)}:${line}:${column})`;
}
