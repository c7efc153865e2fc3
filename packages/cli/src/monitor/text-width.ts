import { printable } from '@lifeguard/core/adapter';

/** Nearly every text: a column for each character. */
const PLAIN = /^[ -~–…]*$/;
const NO_COLUMN = /[\p{Mn}\p{Me}\u1160-\u11ff]/u;
/** What the Unicode standard calls wide, by its blocks, and what is shown as a picture. */
const TWO_COLUMNS =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** They make the character before them wide in some terminals only. */
const SELECTORS = /[\ufe00-\ufe0f]/g;

/** A text of a stranger for a cell: without what moves a cursor, and without what terminals disagree about. */
export function shown(text: unknown, limit?: number): string {
  if (text === undefined || text === null) return '';
  if (typeof text === 'number') return String(text);
  // Nobody knows what a value of another kind would do when it is made a text.
  if (typeof text !== 'string') return '?';
  return printable(text.normalize('NFC').replaceAll(SELECTORS, ''), limit);
}

/** Columns that a terminal needs for a text without control characters. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

function columnsOf(character: string): number {
  if (NO_COLUMN.test(character)) return 0;
  return TWO_COLUMNS.test(character) ? 2 : 1;
}

/** `text` in so many columns at most; what was cut ends with `…`. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return '';
  let cut = '';
  let left = columns - 1;
  for (const character of text) {
    left -= columnsOf(character);
    if (left < 0) break;
    cut += character;
  }
  return `${cut}…`;
}

/** `text` in exactly so many columns; to the right where it is a number. */
export function padTo(text: string, columns: number, side: 'left' | 'right' = 'left'): string {
  const cut = cutTo(text, columns);
  const space = ' '.repeat(Math.max(0, columns - widthOf(cut)));
  return side === 'left' ? cut + space : space + cut;
}
