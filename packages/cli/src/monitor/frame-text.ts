import { stripVTControlCharacters } from 'node:util';
import type { ScreenSize } from './render/render.ts';

/** A frame as it is on the screen. */
export interface Frame extends ScreenSize {
  readonly lines: readonly string[];
}

/** The terminal shows what is between both at once, where it knows them; elsewhere they mean nothing. */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';
const ERASE_REST = '\u001b[K';
const ERASE_LINE = '\u001b[2K';
const SAFE = /^[ -~]+$/;

/**
 * What to write so that a screen that shows `before` shows `next`: only lines that differ, each by its address. Without
 * `before`, or after the size has changed, all of them; empty when nothing differs.
 */
export function frameText(before: Frame | undefined, next: Frame): string {
  const known = before?.columns === next.columns && before.rows === next.rows ? before.lines : undefined;
  const changed = next.lines.flatMap((line, row) =>
    known?.[row] === line ? [] : [lineAt(row, line, next.columns)],
  );
  return changed.length === 0 ? '' : `${BEGIN}${changed.join('')}${END}`;
}

/**
 * Erases behind the text, so that what stays the same does not go out even for a moment; but not behind a full line, where some
 * terminals would erase its last character. Where a terminal may think otherwise of the width of a character it erases before.
 */
function lineAt(row: number, line: string, columns: number): string {
  const address = `\u001b[${row + 1};1H`;
  const text = stripVTControlCharacters(line);
  if (!SAFE.test(text)) return `${address}${ERASE_LINE}${line}`;
  return `${address}${line}${text.length < columns ? ERASE_REST : ''}`;
}
