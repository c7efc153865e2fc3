import type { Mix } from './load.ts';
import type { Figures } from './tally.ts';

/** One pool under one load. */
export interface Row extends Figures {
  readonly mix: Mix;
  readonly load: number;
  readonly name: string;
}

const HEAD = [
  'deadlines',
  'load',
  'pool',
  'goodput %',
  'useful %',
  'busy %',
  'success p50, p99 ms',
  'rejected %',
  'reject p50, p99 ms',
];

/** What thousands who are turned away at once cost. */
export interface HerdRow {
  readonly queuePolicy: string;
  readonly waiters: number;
  /** Of heap, for each while it waits. */
  readonly bytes: number;
  readonly longestStallMs: number;
}

export function herdTable(rows: readonly HerdRow[]): string {
  const head = ['queue', 'waiters', 'bytes each', 'longest stall ms'];
  const lines = rows.map(({ queuePolicy, waiters, bytes, longestStallMs }) => [
    queuePolicy,
    String(waiters),
    bytes.toFixed(0),
    ms(longestStallMs),
  ]);
  return markdown(head, lines);
}

/** A table in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.mix,
    `${row.load}×`,
    row.name,
    percent(row.goodput),
    percent(row.useful),
    percent(row.busy),
    `${ms(row.successP50)}, ${ms(row.successP99)}`,
    percent(row.rejected),
    Number.isNaN(row.rejectP50) ? '–' : `${ms(row.rejectP50)}, ${ms(row.rejectP99)}`,
  ]);
  return markdown(HEAD, lines);
}

function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Puts a table in place of the one between its marks. Throws where they are missing: the page would keep the old one. */
export function insertTable(page: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  if (!page.includes(begin) || !page.includes(end)) throw new Error(`the page has no place for "${name}"`);
  const [before] = page.split(begin);
  const after = page.split(end)[1];
  return `${before}${begin}\n\n${table}\n\n${end}${after}`;
}

function percent(share: number): string {
  const value = share * 100;
  return value >= 99.95 || value < 10 ? String(Number(value.toFixed(1))) : value.toFixed(1);
}

function ms(value: number): string {
  return value.toFixed(0);
}
