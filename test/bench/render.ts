import type { Suite, SuiteResult, Table, Target } from './suite.ts';

/** A table in Markdown, its columns aligned so that it can be read as it is. */
function renderTable({ title, columns, rows }: Table): string {
  const all = [columns, ...rows];
  const widths = columns.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => pad(cells[column] ?? '', width, column)).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => '-'.repeat(width - (column > 0 ? 1 : 0)) + (column > 0 ? ':' : '')).join(' | ')} |`;
  return [`**${title}**`, '', line(columns), rule, ...rows.map(line)].join('\n');
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

export function renderTargets(targets: readonly Target[]): string {
  const rows = targets.map(({ what, goal, measured, met }) => [
    what,
    goal,
    measured,
    met ? 'met' : '**missed**',
  ]);
  return renderTable({ title: 'Targets', columns: ['', 'goal', 'measured', ''], rows });
}

/** What a suite found, as a section. */
export function renderSuite({ title, method }: Suite, { tables }: SuiteResult): string {
  return [`### ${title}`, wrap(method), ...tables.map(renderTable)].join('\n\n');
}

/** In lines as long as those that are written by hand. */
function wrap(text: string): string {
  return text.replaceAll(/(.{1,120})(?: +|$)/g, '$1\n').trimEnd();
}
