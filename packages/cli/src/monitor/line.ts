import type { Colour } from '../paint.ts';
import { coloured } from '../paint.ts';
import { cutTo, widthOf } from './text-width.ts';

/** A part of a line that looks the same. */
export interface Span {
  readonly text: string;
  readonly colour?: Colour | undefined;
}

/** One row of the screen, from the left. */
export type Line = readonly Span[];

/** A part of a line. */
export function span(text: string, colour?: Colour): Span {
  return { text, colour };
}

/** Columns that a line needs. */
export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0);
}

/** A line as the terminal gets it: cut to `columns`, and coloured only when that is wanted. */
export function lineText(line: Line, columns: number, color: boolean): string {
  let left = columns;
  let text = '';
  for (const each of line) {
    if (left <= 0) break;
    const cut = cutTo(each.text, left);
    left -= widthOf(cut);
    text += color && each.colour !== undefined && cut !== '' ? coloured(each.colour, cut) : cut;
    // Nothing goes on behind a cut.
    if (cut !== each.text) break;
  }
  return color ? text : text.trimEnd();
}

/** Parts beside each other with two spaces between, on as many lines as they need. */
export function flow(parts: readonly Line[], columns: number): Line[] {
  const lines: Span[][] = [];
  let width = 0;
  for (const part of parts) {
    const last = lines.at(-1);
    const needed = lineWidth(part);
    if (last === undefined || width + 2 + needed > columns) {
      lines.push([...part]);
      width = needed;
    } else {
      last.push(span('  '), ...part);
      width += 2 + needed;
    }
  }
  return lines;
}

/** One text on as many lines as it needs; a word that is longer than a line is broken. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    while (widthOf(line) > Math.max(2, columns)) {
      const head = headOf(line, Math.max(2, columns));
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  return [...lines, line];
}

function headOf(text: string, columns: number): string {
  let head = '';
  for (const character of text) {
    if (widthOf(head + character) > columns) break;
    head += character;
  }
  return head;
}
