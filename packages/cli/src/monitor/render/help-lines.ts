import { span, wrapText } from '../line.ts';
import type { Line } from '../line.ts';
import { padTo } from '../text-width.ts';

/** The keys as docs/cli.md has them. */
export const KEYS: readonly (readonly [keys: string, meaning: string])[] = [
  ['1 F1', 'leases: who holds connections now'],
  ['2 F2', 'who waits for a connection'],
  ['3 F3', 'places in the code: whom others waited for, and who leaked'],
  ['0 F10', 'all pools; Enter opens the selected one'],
  ['Tab, right, left', 'the next pool, the one before'],
  ['up down k j', 'select a row; PgUp PgDn Home End; Esc lets go of it'],
  ['Enter v', 'everything about the selected row, with the whole query'],
  ['c', 'leases one by one, or a row for each place'],
  ['s', 'another order'],
  ['t', 'by time, the longest first'],
  ['Space', 'pause, go on'],
  ['+ -', 'a longer interval, a shorter one'],
  ['R', 'ask now'],
  ['C', 'take back what is suspected of being leaked (asks before)'],
  ['K', 'replace all connections of the pool (asks before)'],
  ['h ?', 'this page; any key leaves it'],
  ['Ctrl-L Ctrl-Z', 'draw anew; to the shell until fg'],
  ['q Ctrl-C', 'quit'],
];

const LABEL = 18;
/** Below that, a key and what it means have a line each. */
const ROOM = 50;

/** What the keys do, as far as there is room. */
export function helpLines(columns: number, rows: number): Line[] {
  const lines = KEYS.flatMap(([keys, meaning]) => keyLines(keys, meaning, columns));
  return lines.length > rows
    ? [...lines.slice(0, Math.max(0, rows - 1)), [span('… docs/cli.md', 'dim')]]
    : lines;
}

function keyLines(keys: string, meaning: string, columns: number): Line[] {
  if (columns < ROOM) return [[span(keys, 'bold'), span(`  ${meaning}`)]];
  return wrapText(meaning, columns - LABEL - 2).map((line, index) => [
    span(`  ${padTo(index === 0 ? keys : '', LABEL)}`, 'bold'),
    span(line),
  ]);
}
