import { span, wrapText } from '../line.ts';
import type { Line } from '../line.ts';
import type { MonitorState } from '../monitor-state.ts';
import { selectedIndex, tableOf } from '../tables/table-of.ts';
import { padTo } from '../text-width.ts';

const LABEL = 13;
/** Below that, a label has a line of its own. */
const ROOM = 40;

/** All that is known of the selected row, as far as there is room. */
export function detailLines(state: MonitorState, columns: number, rows: number): Line[] {
  const table = tableOf(state);
  const row = table.rows[selectedIndex(state, table.rows) ?? -1];
  const lines = (row?.details ?? []).flatMap(([label, text]) => labelled(label, text, columns));
  if (lines.length <= rows || rows < 1) return lines;
  return [...lines.slice(0, rows - 1), [span('  … more than fits', 'dim')]];
}

function labelled(label: string, text: string, columns: number): Line[] {
  if (columns < ROOM)
    return [[span(label, 'dim')], ...wrapText(text, columns - 2).map((line): Line => [span(`  ${line}`)])];
  const indent = LABEL + 2;
  return wrapText(text, columns - indent).map((line, index) => [
    span(`  ${padTo(index === 0 ? label : '', LABEL)}`, 'dim'),
    span(line),
  ]);
}
