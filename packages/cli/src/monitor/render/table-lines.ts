import { lineWidth, span } from '../line.ts';
import type { Line, Span } from '../line.ts';
import { shownPool } from '../monitor-state.ts';
import type { MonitorState } from '../monitor-state.ts';
import { selectedIndex, tableOf } from '../tables/table-of.ts';
import type { Column, Row, Table } from '../tables/table.ts';
import { cutTo, padTo } from '../text-width.ts';
import { columnWidths } from './column-widths.ts';

/** Which tables there are, how many rows they have, and by what the one that is shown is in order. */
export function tabLine(state: MonitorState, columns: number): Line {
  const snapshot = shownPool(state)?.snapshot;
  const tabs = [
    ...(state.look.pools.length === 1 ? [] : [tabOf(state, 'pools', '0', state.look.pools.length)]),
    tabOf(state, 'leases', '1', snapshot?.leases.length),
    tabOf(state, 'waiters', '2', snapshot?.pending),
    tabOf(state, 'sites', '3', snapshot?.sites?.length),
  ];
  const left = tabs.flatMap((tab, index) => (index === 0 ? [tab] : [span(' '), tab]));
  const { orderedBy, rows } = tableOf(state);
  const right = rows.length > 1 && orderedBy !== '' ? `by ${orderedBy}` : '';
  const gap = columns - lineWidth(left) - right.length;
  return gap < 2 || right === '' ? left : [...left, span(' '.repeat(gap)), span(right, 'dim')];
}

function tabOf(
  { tab }: MonitorState,
  name: MonitorState['tab'],
  key: string,
  count: number | undefined,
): Span {
  const text = `${key} ${name}${count === undefined ? '' : ` ${count}`}`;
  return tab === name ? span(`[${text}]`, 'bold') : span(` ${text} `);
}

/** The table in so many rows, around the row that is selected. */
export function tableLines(state: MonitorState, columns: number, rows: number): Line[] {
  const table = tableOf(state);
  if (rows < 1) return [];
  if (table.rows.length === 0) return [[span(`  ${table.empty}`, 'dim')]];
  const selected = selectedIndex(state, table.rows);
  const room = Math.max(1, rows - 1);
  const from = windowStart(selected ?? 0, room, table.rows.length);
  const widths = columnWidths(table, columns - MARK);
  const body = table.rows
    .slice(from, from + room)
    .map((row, index) => rowLine(row, table, widths, columns, from + index === selected));
  // One row is of use without a head; a head without a row is not.
  return rows === 1 ? body : [headLine(table.columns, widths), ...body];
}

/** Columns of the mark before the selected row. */
const MARK = 2;

/** First row that is shown: with the selected one in the middle, as far as there are rows. */
function windowStart(selected: number, room: number, count: number): number {
  return Math.max(0, Math.min(selected - Math.floor(room / 2), count - room));
}

function headLine(columns: readonly Column[], widths: readonly number[]): Line {
  const cells = columns.flatMap(({ title, side }, index) => {
    const width = widths[index] ?? 0;
    return width === 0 ? [] : [padTo(title, width, side)];
  });
  return [span(`${' '.repeat(MARK)}${cells.join('  ')}`.trimEnd(), 'bold')];
}

function rowLine(
  { cells }: Row,
  { columns: each }: Table,
  widths: readonly number[],
  columns: number,
  isSelected: boolean,
): Line {
  const spans: Span[] = [span(isSelected ? '> ' : '  ')];
  for (const [index, { side }] of each.entries()) {
    const width = widths[index] ?? 0;
    const cell = cells[index];
    if (width === 0 || cell === undefined) continue;
    if (spans.length > 1) spans.push(span('  '));
    spans.push(span(padTo(cell.text, width, side), cell.colour));
  }
  if (!isSelected) return spans;
  const text = cutTo(spans.map((part) => part.text).join(''), columns);
  return [span(padTo(text, columns), 'reverse')];
}
