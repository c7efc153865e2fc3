import { formatCallSite } from '@lifeguard/core';
import type { CallSite } from '@lifeguard/core';
import type { Colour } from '../../paint.ts';
import { span } from '../line.ts';
import type { Span } from '../line.ts';
import { shown } from '../text-width.ts';

/** One column of a table. */
export interface Column {
  readonly title: string;
  /** Where what is shorter than the column stands. */
  readonly side: 'left' | 'right';
  /** Where there is not enough room, columns with a higher rank go first; one of rank 0 never goes. */
  readonly rank: number;
  /** Its share of what others leave over; without one it is as wide as what is in it. */
  readonly share?: number;
}

/** One row, with a cell for each column. */
export interface Row {
  /** The same in the next look for the same thing. */
  readonly key: string;
  readonly cells: readonly Span[];
  /** All that is known of it, for people who have selected it. */
  readonly details: readonly (readonly [label: string, text: string])[];
}

/** Rows in their order, and what they are ordered by. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly orderedBy: string;
  /** What is said in place of rows. */
  readonly empty: string;
}

/** A way to put rows in order: the highest first. */
export interface Order<T> {
  readonly name: string;
  readonly value: (row: T) => number;
}

/** A column of numbers. */
export function numeric(title: string, rank: number): Column {
  return { title, side: 'right', rank };
}

/** A column of texts. */
export function textual(title: string, rank: number, share?: number): Column {
  return { title, side: 'left', rank, ...(share === undefined ? {} : { share }) };
}

/** `rows` by one of the orders, and its name; rows that are equal stay as they came. */
export function inOrder<T>(rows: readonly T[], orders: readonly Order<T>[], index: number): [T[], string] {
  const order = orders[index % orders.length];
  if (order === undefined) return [[...rows], ''];
  return [rows.toSorted((one, other) => order.value(other) - order.value(one)), order.name];
}

/** The place of something as people call it. */
export function placeOf({ label, site }: Placed): string {
  return typeof label === 'string' ? shown(label) : siteText(site);
}

/** A line of code as people write it, if it is one: whoever answers may have made it up. */
export function siteText(site: CallSite | undefined): string {
  const { file, line, functionName } = Object(site) as Partial<Record<keyof CallSite, unknown>>;
  if (typeof file !== 'string') return formatCallSite(undefined);
  const name = typeof functionName === 'string' ? functionName : undefined;
  return shown(
    formatCallSite({ file, line: typeof line === 'number' ? line : 0, column: 0, functionName: name }),
  );
}

interface Placed {
  readonly label: string | undefined;
  readonly site: CallSite | undefined;
}

/** The place for a cell. */
export function placeCell(of: Placed, colour?: Colour): Span {
  return span(placeOf(of), of.site === undefined && of.label === undefined ? 'dim' : colour);
}
