import { lineText, span } from '../line.ts';
import type { Line } from '../line.ts';
import type { MonitorState } from '../monitor-state.ts';
import { detailLines } from './detail-lines.ts';
import { footerLine } from './footer-line.ts';
import { headerLines, titleLine } from './header-lines.ts';
import { helpLines } from './help-lines.ts';
import { tableLines, tabLine } from './table-lines.ts';

/** What a screen can show. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** How a state is put on a screen. */
export interface RenderOptions extends ScreenSize {
  readonly color: boolean;
}

/** Rows that the table has at least, where there are that many. */
const LEAST_TABLE = 6;
/** Fewer rows than that have no line for the tabs. */
const ROOM_FOR_TABS = 10;

/** The whole screen: exactly as many lines as it has rows, none wider than it has columns. Looks at nothing but the state. */
export function render(state: MonitorState, { columns, rows, color }: RenderOptions): readonly string[] {
  const lines = linesOf(state, columns, rows);
  const all = Array.from({ length: rows }, (_, row) => lines[row] ?? []);
  return all.map((line) => lineText(line, columns, color));
}

function linesOf(state: MonitorState, columns: number, rows: number): Line[] {
  const title = titleLine(state, columns);
  if (rows < 3) return [title];
  const body = bodyOf(state, columns, rows - 2);
  return [title, ...fill(body, rows - 2), footerLine(state, columns)];
}

function bodyOf(state: MonitorState, columns: number, rows: number): Line[] {
  if (state.mode.kind === 'help') return helpLines(columns, rows);
  const why: Line[] = state.link.kind === 'lost' && rows > LEAST_TABLE ? [[span(state.link.why, 'red')]] : [];
  const header = headerLines(state, columns).slice(0, Math.max(1, rows - LEAST_TABLE - why.length));
  const above = rows >= ROOM_FOR_TABS ? [...header, [], tabLine(state, columns)] : header;
  const left = rows - above.length - why.length;
  const below =
    state.mode.kind === 'details' ? detailLines(state, columns, left) : tableLines(state, columns, left);
  return [...why, ...[...above, ...below].map((line) => greyed(state, line))];
}

/** What an application said that does not answer any more is true no more. */
function greyed({ link }: MonitorState, line: Line): Line {
  if (link.kind === 'live') return line;
  return line.map(({ text }) => span(text, 'dim'));
}

function fill(lines: readonly Line[], rows: number): Line[] {
  return Array.from({ length: rows }, (_, row) => lines[row] ?? []);
}
