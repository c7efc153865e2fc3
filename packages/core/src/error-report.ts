import { printable } from './printable.ts';
import { describeServerError, serverErrorIn } from './server-error.ts';

/** A label and what it says; several lines hang under one label. */
export type ReportRow = readonly [label: string, text: string | readonly string[]];

/** Width of the label column. */
const LABEL = 10;
/** Longest line; whatever is put into one is short, or was cut before. */
const MAX_LINE = 1_000;
/** Longest text of a failure: one that was thrown may be of any length. */
const MAX_FAILURE = 400;

/**
 * Puts a first line and labelled rows under each other, as all our errors and leak reports read. The only line breaks are
 * its own: a name, label or tag cannot forge a line, nor move the cursor of a terminal.
 */
export function renderReport(summary: string, rows: readonly ReportRow[]): string {
  return printable(summary, MAX_LINE) + renderRows(rows);
}

/**
 * The last row of a report: what tells more of its code, without a network once it is installed. The package is named, since
 * `npx lifeguard` alone would fetch whatever is called so where ours is not installed.
 */
export function moreRow(code: string): ReportRow {
  return ['more', `npx -p @lifeguard/cli lifeguard explain ${code}`];
}

/** Rows, each on lines of their own, to be put behind what is above them. */
export function renderRows(rows: readonly ReportRow[]): string {
  let text = '';
  for (const [label, row] of rows) {
    const lines = typeof row === 'string' ? [row] : row;
    lines.forEach((line, index) => {
      text += `\n  ${(index === 0 ? label : '').padEnd(LABEL)}${printable(line, MAX_LINE)}`;
    });
  }
  return text;
}

/**
 * What a failure says, in one line that may be logged. Of a server's error, and of one that wraps it, nothing that may hold
 * values. Node's own "all addresses failed" says nothing itself, but each of its parts does.
 */
export function describeFailure(error: unknown): string {
  try {
    return printable(describe(error), MAX_FAILURE);
  } catch {
    // Somebody threw what cannot be made a text, such as an object without a prototype.
    return `a thrown ${typeof error}`;
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const fromServer = serverErrorIn(error);
  if (fromServer !== undefined) return describeServerError(fromServer);
  if (error.message !== '') return error.message;
  const parts = error instanceof AggregateError ? error.errors.map(describe) : [];
  return parts.length > 0 ? parts.join('; ') : error.name;
}

/** A share from 0 to 1 for people: `35 %`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A duration for people: `850ms`, `5s`, `41s`, `12m`, `3h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'no limit';
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 10_000) return `${trimZero((ms / 1_000).toFixed(1))}s`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)}s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)}m`;
  return `${trimZero((ms / 3_600_000).toFixed(1))}h`;
}

function trimZero(text: string): string {
  return text.endsWith('.0') ? text.slice(0, -2) : text;
}
