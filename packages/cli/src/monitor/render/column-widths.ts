import type { Column, Table } from '../tables/table.ts';
import { widthOf } from '../text-width.ts';

/** What a column with a share has at least, before others go for it. */
const LEAST = 14;
/** Widest that a column without a share may be. */
const WIDEST = 30;
const GAP = 2;
/** A number has that much room, so that columns stay where they are while `9ms` becomes `120ms`. */
const NUMBER = 5;

/** Width of each column so that all fit into `room`; 0 for those that have to go. */
export function columnWidths({ columns, rows }: Table, room: number): readonly number[] {
  const wanted = columns.map((column, index) =>
    Math.max(
      column.side === 'right' ? NUMBER : 0,
      widthOf(column.title),
      ...rows.map(({ cells }) => widthOf(cells[index]?.text ?? '')),
    ),
  );
  const kept = new Set(columns.keys());
  for (;;) {
    const leastRoom = [...kept].reduce((sum, index) => sum + leastOf(columns, wanted, index) + GAP, -GAP);
    const last = lastToKeep(columns, kept);
    if (leastRoom <= room || last === undefined) break;
    kept.delete(last);
  }
  return shareOut(columns, wanted, kept, room);
}

function leastOf(columns: readonly Column[], wanted: readonly number[], index: number): number {
  const width = wanted[index] ?? 0;
  return Math.min(width, columns[index]?.share === undefined ? WIDEST : LEAST);
}

/** The column that is missed least; `undefined` when only those are left that must stay. */
function lastToKeep(columns: readonly Column[], kept: ReadonlySet<number>): number | undefined {
  let last: number | undefined;
  for (const index of kept) {
    const rank = columns[index]?.rank ?? 0;
    if (rank > 0 && rank >= (last === undefined ? 0 : (columns[last]?.rank ?? 0))) last = index;
  }
  return last;
}

function shareOut(
  columns: readonly Column[],
  wanted: readonly number[],
  kept: ReadonlySet<number>,
  room: number,
): number[] {
  const widths = columns.map((_, index) => (kept.has(index) ? leastOf(columns, wanted, index) : 0));
  let left = room - widths.reduce((sum, width) => sum + (width > 0 ? width + GAP : 0), -GAP);
  const growing = columns.flatMap(({ share = 0 }, index) =>
    kept.has(index) && share > 0 ? [{ index, share }] : [],
  );
  let shares = growing.reduce((sum, { share }) => sum + share, 0);
  // Who wants least first: what it leaves goes to the others.
  const missing = (index: number): number => (wanted[index] ?? 0) - (widths[index] ?? 0);
  for (const { index, share } of growing.toSorted(
    (one, other) => missing(one.index) / one.share - missing(other.index) / other.share,
  )) {
    const more = Math.max(0, Math.min(missing(index), Math.floor((left * share) / shares)));
    widths[index] = (widths[index] ?? 0) + more;
    left -= more;
    shares -= share;
  }
  return widths;
}
